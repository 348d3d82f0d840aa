{{- /*
Files of a process, by the same dict as its environment. Secrets belong to root and are read through the pod's group: the
mode says so, because the kubelet would set it anyway.
*/}}
{{- define "loanstream.volumes" -}}
{{- $values := .root.Values -}}
- name: data
  emptyDir: {sizeLimit: 256Mi}
- name: tmp
  emptyDir: {sizeLimit: 256Mi}
- name: database
  projected:
    defaultMode: 0440
    sources:
      - secret:
          name: {{ $values.database.secret }}
          items: [{key: {{ $values.database.key | quote }}, path: url}]
      {{- with $values.database.ca }}
      {{- if .secret }}
      - secret:
          name: {{ .secret }}
          items: [{key: {{ .key | quote }}, path: ca.crt}]
      {{- end }}
      {{- end }}
{{- if and .user (ne $values.kafka.protocol "PLAINTEXT") }}
- name: kafka
  projected:
    defaultMode: 0440
    sources:
{{ include "loanstream.kafkaFiles" . | indent 6 }}
{{- end }}
{{- if has "serving" .needs }}
- name: keys
  secret:
    secretName: {{ $values.keys.secret }}
    defaultMode: 0440
    items:
      - {key: master.json, path: vault/master.json}
      {{- if eq $values.auth.mode "local" }}
      - {key: issuer.json, path: issuer.json}
      - {key: users.json, path: users.json}
      {{- end }}
{{- if $values.metrics.secret }}
- name: metrics
  secret:
    secretName: {{ $values.metrics.secret }}
    defaultMode: 0440
    items: [{key: {{ $values.metrics.key | quote }}, path: token}]
{{- end }}
{{- end }}
{{- if and (has "bank" .needs) $values.bank.secret }}
- name: bank
  secret:
    secretName: {{ $values.bank.secret }}
    defaultMode: 0440
    items: [{key: {{ $values.bank.key | quote }}, path: token}]
{{- end }}
{{- if and (has "smtp" .needs) $values.smtp.secret }}
- name: smtp
  secret:
    secretName: {{ $values.smtp.secret }}
    defaultMode: 0440
    items: [{key: {{ $values.smtp.key | quote }}, path: url}]
{{- end }}
{{- if and (has "webhooks" .needs) $values.webhooks.secret }}
- name: webhooks
  secret:
    secretName: {{ $values.webhooks.secret }}
    defaultMode: 0440
{{- end }}
{{- end }}

{{- define "loanstream.kafkaFiles" -}}
{{- $kafka := .root.Values.kafka -}}
- secret:
    name: {{ printf "%s%s" $kafka.principalPrefix .user }}
    items:
      {{- if hasPrefix "SASL_" $kafka.protocol }}
      - {key: {{ $kafka.passwordKey | quote }}, path: password}
      {{- else }}
      - {key: {{ $kafka.certificateKey | quote }}, path: user.crt}
      - {key: {{ $kafka.privateKeyKey | quote }}, path: user.key}
      {{- end }}
{{- if and (hasSuffix "SSL" $kafka.protocol) $kafka.ca.secret }}
- secret:
    name: {{ $kafka.ca.secret }}
    items: [{key: {{ $kafka.ca.key | quote }}, path: ca.crt}]
{{- end }}
{{- end }}

{{- /* Every volume stands at the path of its name, but for the two that are written. */}}
{{- define "loanstream.volumeMounts" -}}
{{- range include "loanstream.volumes" . | fromYamlArray -}}
{{- if eq .name "data" }}
- {name: data, mountPath: /var/lib/loanstream}
{{- else if eq .name "tmp" }}
- {name: tmp, mountPath: /tmp}
{{- else }}
- {name: {{ .name }}, mountPath: /etc/loanstream/{{ .name }}, readOnly: true}
{{- end }}
{{- end }}
{{- end }}
