{{- /*
A pod of ours: dict root, role, service, part (process or job), user, needs, command (words after `loanstream`), resources.
*/}}
{{- define "loanstream.pod" -}}
{{- $values := .root.Values -}}
metadata:
  labels:
    {{- include "loanstream.labels" .root | nindent 4 }}
    app.kubernetes.io/component: {{ include "loanstream.component" . }}
    loanstream-part: {{ .part }}
    loanstream-role: {{ .role }}
    {{- with .service }}
    loanstream-service: {{ . }}
    {{- end }}
    {{- with $values.pod.labels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  {{- with $values.pod.annotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  {{- if eq .part "process" }}
  serviceAccountName: {{ include "loanstream.serviceAccount" .root }}
  {{- end }}
  automountServiceAccountToken: false
  # a Service called loanstream would give every pod a LOANSTREAM_PORT that is an address
  enableServiceLinks: false
  {{- with $values.image.pullSecrets }}
  imagePullSecrets:
    {{- range . }}
    - name: {{ . }}
    {{- end }}
  {{- end }}
  {{- with $values.pod.priorityClassName }}
  priorityClassName: {{ . }}
  {{- end }}
  securityContext:
    runAsNonRoot: true
    runAsUser: {{ $values.pod.user }}
    runAsGroup: {{ $values.pod.user }}
    fsGroup: {{ $values.pod.user }}
    fsGroupChangePolicy: OnRootMismatch
    seccompProfile: {type: RuntimeDefault}
  terminationGracePeriodSeconds: {{ $values.pod.terminationGracePeriodSeconds }}
  {{- if eq .part "job" }}
  restartPolicy: Never
  {{- end }}
  containers:
    - name: loanstream
      image: {{ include "loanstream.image" .root }}
      imagePullPolicy: {{ $values.image.pullPolicy }}
      command: [loanstream, {{ join ", " .command }}]
      env:
        {{- include "loanstream.env" . | nindent 8 }}
      securityContext:
        allowPrivilegeEscalation: false
        readOnlyRootFilesystem: true
        capabilities: {drop: [ALL]}
      resources:
        {{- toYaml .resources | nindent 8 }}
      volumeMounts:
        {{- include "loanstream.volumeMounts" . | nindent 8 }}
      {{- if eq .part "process" }}
      {{- include "loanstream.health" . | nindent 6 }}
      {{- end }}
  volumes:
    {{- include "loanstream.volumes" . | nindent 4 }}
  {{- if eq .part "process" }}
  {{- include "loanstream.spread" . | nindent 2 }}
  {{- end }}
  {{- with $values.pod.nodeSelector }}
  nodeSelector:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $values.pod.tolerations }}
  tolerations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end }}

{{- /*
Alive means that the process answers and none of its hosts ended by itself, ready that their state is rebuilt. Neither looks
at lag: who is behind would only fall back further by being started anew.
*/}}
{{- define "loanstream.health" -}}
ports:
  - {name: http, containerPort: 8600}
startupProbe:
  httpGet: {path: /health/live, port: http}
  periodSeconds: 5
  timeoutSeconds: 5
  failureThreshold: {{ div (add .root.Values.pod.startSeconds 4) 5 }}
livenessProbe:
  httpGet: {path: /health/live, port: http}
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 6
readinessProbe:
  httpGet: {path: /health/ready, port: http}
  periodSeconds: 5
  timeoutSeconds: 5
  failureThreshold: 3
{{- if eq .role "api" }}
# until no proxy sends requests here any more
lifecycle:
  preStop:
    sleep: {seconds: 5}
{{- end }}
{{- end }}

{{- define "loanstream.spread" -}}
topologySpreadConstraints:
  {{- $root := . }}
  {{- range list "topology.kubernetes.io/zone" "kubernetes.io/hostname" }}
  - maxSkew: 1
    topologyKey: {{ . }}
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels:
        {{- include "loanstream.workloadSelector" $root | nindent 8 }}
  {{- end }}
{{- end }}

{{- /* A process of one service and role: dict root, role, service. */}}
{{- define "loanstream.processPod" -}}
{{- $needs := list "serving" }}
{{- if eq .role "sender" }}{{- $needs = append $needs (ternary "bank" "smtp" (eq .service "origination")) }}{{- end }}
{{- if eq .service "notify" }}{{- $needs = append $needs "webhooks" }}{{- end }}
{{- $of := include "loanstream.ofRole" . | fromYaml }}
{{- $pod := dict "root" .root "role" .role "service" .service "part" "process" "user" .service "needs" $needs }}
{{- $_ := set $pod "resources" $of.resources }}
{{- $_ := set $pod "command" (list "serve" .service "--role" .role) }}
{{- include "loanstream.pod" $pod }}
{{- end }}
