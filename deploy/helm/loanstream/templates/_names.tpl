{{- define "loanstream.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 32 | trimSuffix "-" }}
{{- end }}

{{- /* 32 characters: a StatefulSet's name may have 52, and -origination-decider is the longest end of one. */}}
{{- define "loanstream.fullname" -}}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 32 | trimSuffix "-" }}
{{- else if contains (include "loanstream.name" .) .Release.Name }}
{{- .Release.Name | trunc 32 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name (include "loanstream.name" .) | trunc 32 | trimSuffix "-" }}
{{- end }}
{{- end }}

{{- define "loanstream.serviceAccount" -}}
{{- if .Values.serviceAccount.create }}{{ default (include "loanstream.fullname" .) .Values.serviceAccount.name }}
{{- else }}{{ default "default" .Values.serviceAccount.name }}{{ end }}
{{- end }}

{{- define "loanstream.image" -}}
{{- if .Values.image.digest }}{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else }}{{ .Values.image.repository }}:{{ default .Chart.AppVersion .Values.image.tag }}{{ end }}
{{- end }}

{{- /* Of everything in the release. */}}
{{- define "loanstream.labels" -}}
{{ include "loanstream.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}

{{- define "loanstream.selector" -}}
app.kubernetes.io/name: {{ include "loanstream.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- /* Of the pods of one workload: dict root, role, service. A workload without a service is for all of them. */}}
{{- define "loanstream.workloadSelector" -}}
{{ include "loanstream.selector" .root }}
app.kubernetes.io/component: {{ include "loanstream.component" . }}
{{- end }}

{{- define "loanstream.component" -}}
{{- if .service }}{{ .service }}-{{ end }}{{ .role }}
{{- end }}

{{- define "loanstream.workloadName" -}}
{{ include "loanstream.fullname" .root }}-{{ include "loanstream.component" . }}
{{- end }}

{{- /* Which services have which role, as the code has it; a test compares. */}}
{{- define "loanstream.roles" -}}
decider: [origination, servicing, funding, risk, notify]
projector: [origination, servicing, funding, risk, notify]
router: [origination, servicing, funding]
reactor: [risk, notify]
sender: [origination, notify]
scheduler: [servicing]
{{- end }}

{{- /* Replicas and resources of a role for a service: dict root, role, service. */}}
{{- define "loanstream.ofRole" -}}
{{- $role := index .root.Values.roles .role }}
{{- $own := index ($role.services | default dict) .service | default dict }}
{{- mergeOverwrite (deepCopy (omit $role "services")) (deepCopy $own) | toYaml }}
{{- end }}

{{- /* Whether KEDA sets the replicas of a role. */}}
{{- define "loanstream.scaled" -}}
{{- if and .root.Values.keda.enabled (has .role (list "projector" "sender")) }}yes{{ end }}
{{- end }}
