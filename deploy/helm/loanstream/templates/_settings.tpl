{{- /*
Environment of a process: dict root, role, service, user (of the Kafka cluster; empty: none), needs (list of: serving,
log, installation, topics, bank, smtp, webhooks).
*/}}
{{- define "loanstream.env" -}}
{{- $values := .root.Values -}}
- {name: LOANSTREAM_DATA_DIR, value: /var/lib/loanstream/data}
- {name: LOANSTREAM_DATABASE_URL_FILE, value: /etc/loanstream/database/url}
- {name: PGSSLMODE, value: {{ $values.database.sslmode }}}
{{- if $values.database.ca.secret }}
- {name: PGSSLROOTCERT, value: /etc/loanstream/database/ca.crt}
{{- end }}
- {name: LOANSTREAM_INSTALLATION, value: {{ required "installation: name it; the name must never change" $values.installation | quote }}}
- {name: LOANSTREAM_PARTITIONS, value: {{ $values.partitions | quote }}}
- {name: LOANSTREAM_LOG_LEVEL, value: {{ $values.log.level }}}
{{- if .user }}
{{ include "loanstream.kafkaEnv" . }}
{{- end }}
{{- if has "topics" .needs }}
- {name: LOANSTREAM_KAFKA_REPLICATION, value: {{ $values.kafka.replication | quote }}}
{{- end }}
{{- if has "serving" .needs }}
{{ include "loanstream.servingEnv" . }}
{{- end }}
{{- if has "bank" .needs }}
{{- with $values.bank.url }}
- {name: LOANSTREAM_BANK_URL, value: {{ . | quote }}}
{{- end }}
{{- if $values.bank.secret }}
- {name: LOANSTREAM_BANK_TOKEN_FILE, value: /etc/loanstream/bank/token}
{{- end }}
{{- end }}
{{- if has "smtp" .needs }}
{{- if $values.smtp.secret }}
- {name: LOANSTREAM_SMTP_URL_FILE, value: /etc/loanstream/smtp/url}
{{- end }}
- {name: LOANSTREAM_SMTP_SENDER, value: {{ $values.smtp.sender | quote }}}
{{- end }}
{{- if and (has "webhooks" .needs) $values.webhooks.secret }}
- {name: LOANSTREAM_WEBHOOKS, value: /etc/loanstream/webhooks/webhooks.json}
{{- end }}
{{- range $name, $value := $values.settings }}
- {name: {{ $name }}, value: {{ $value | quote }}}
{{- end }}
{{- end }}

{{- define "loanstream.kafkaEnv" -}}
{{- $kafka := .root.Values.kafka -}}
- {name: LOANSTREAM_KAFKA_SERVERS, value: {{ required "kafka.servers: host:port of the brokers" $kafka.servers | quote }}}
- {name: LOANSTREAM_KAFKA_PROTOCOL, value: {{ $kafka.protocol }}}
{{- if hasPrefix "SASL_" $kafka.protocol }}
- {name: LOANSTREAM_KAFKA_MECHANISM, value: {{ $kafka.mechanism }}}
- {name: LOANSTREAM_KAFKA_USER, value: {{ printf "%s%s" $kafka.principalPrefix .user }}}
- {name: LOANSTREAM_KAFKA_PASSWORD_FILE, value: /etc/loanstream/kafka/password}
{{- else if eq $kafka.protocol "SSL" }}
- {name: LOANSTREAM_KAFKA_CERTIFICATE_FILE, value: /etc/loanstream/kafka/user.crt}
- {name: LOANSTREAM_KAFKA_KEY_FILE, value: /etc/loanstream/kafka/user.key}
{{- end }}
{{- if and (hasSuffix "SSL" $kafka.protocol) $kafka.ca.secret }}
- {name: LOANSTREAM_KAFKA_CA_FILE, value: /etc/loanstream/kafka/ca.crt}
{{- end }}
{{- end }}

{{- define "loanstream.servingEnv" -}}
{{- $values := .root.Values -}}
- {name: LOANSTREAM_HOST, value: 0.0.0.0}
- {name: LOANSTREAM_PORT, value: "8600"}
- {name: LOANSTREAM_KEYS_DIR, value: /etc/loanstream/keys}
- {name: LOANSTREAM_DATABASE_POOL, value: {{ $values.database.pool | quote }}}
- {name: LOANSTREAM_AUTH, value: {{ $values.auth.mode }}}
{{- if eq $values.auth.mode "oidc" }}
- {name: LOANSTREAM_OIDC_ISSUER, value: {{ required "auth.issuer: address of the identity provider" $values.auth.issuer | quote }}}
{{- with $values.auth.jwksUrl }}
- {name: LOANSTREAM_OIDC_JWKS_URL, value: {{ . | quote }}}
{{- end }}
- {name: LOANSTREAM_OIDC_AUDIENCE, value: {{ $values.auth.audience | quote }}}
- {name: LOANSTREAM_OIDC_ROLES_CLAIM, value: {{ $values.auth.rolesClaim | quote }}}
{{- end }}
- {name: LOANSTREAM_BUSINESS_DAY, value: {{ $values.businessDay.mode }}}
- {name: LOANSTREAM_ZONE, value: {{ $values.businessDay.zone | quote }}}
- {name: LOANSTREAM_CALENDAR, value: {{ $values.businessDay.calendar | quote }}}
{{- if $values.metrics.secret }}
- {name: LOANSTREAM_METRICS_TOKEN_FILE, value: /etc/loanstream/metrics/token}
{{- end }}
{{- with $values.otlpEndpoint }}
- {name: LOANSTREAM_OTLP_ENDPOINT, value: {{ . | quote }}}
{{- end }}
{{- end }}
