{{/* The bot's variables: those of config, those of Secrets, and files. */}}
{{- define "teamsbot.env" -}}
- name: LISTEN_ADDR
  value: ":3978"
{{- $config := .Values.config }}
{{- if and .Values.ingress.enabled (not (get $config "PUBLIC_URL")) }}
{{- $config = merge (dict "PUBLIC_URL" (printf "https://%s" .Values.ingress.host)) $config }}
{{- end }}
{{- range $name, $value := $config }}
{{- if kindIs "slice" $value }}{{ $value = join "," $value }}
{{- else if kindIs "float64" $value }}{{ $value = int64 $value }}{{ end }}
{{- if ne (toString $value) "" }}
- name: {{ $name }}
  value: {{ toString $value | quote }}
{{- end }}
{{- end }}
{{- range $name, $from := .Values.secretKeys }}
{{- if $from.key }}
- name: {{ $name }}
  valueFrom:
    secretKeyRef:
      name: {{ get $from "secret" | default $.Values.existingSecret | quote }}
      key: {{ quote $from.key }}
{{- end }}
{{- end }}
{{- if .Values.appCertificate.existingSecret }}
- name: MICROSOFT_APP_CERTIFICATE_FILE
  value: /etc/teamsbot/app/{{ .Values.appCertificate.key }}
{{- end }}
{{- if .Values.tls.existingSecret }}
- name: TLS_CERT_FILE
  value: /etc/teamsbot/tls/tls.crt
- name: TLS_KEY_FILE
  value: /etc/teamsbot/tls/tls.key
{{- end }}
{{- if .Values.extraCA.configMap }}
- name: EXTRA_CA_FILE
  value: /etc/teamsbot/ca/{{ .Values.extraCA.key }}
{{- end }}
{{- with .Values.extraEnv }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "teamsbot.mounts" -}}
{{- if .Values.appCertificate.existingSecret }}
- { name: app, mountPath: /etc/teamsbot/app, readOnly: true }
{{- end }}
{{- if .Values.tls.existingSecret }}
- { name: tls, mountPath: /etc/teamsbot/tls, readOnly: true }
{{- end }}
{{- if .Values.extraCA.configMap }}
- { name: ca, mountPath: /etc/teamsbot/ca, readOnly: true }
{{- end }}
{{- end }}

{{- define "teamsbot.volumes" -}}
{{- with .Values.appCertificate.existingSecret }}
- name: app
  secret: { secretName: {{ quote . }}, defaultMode: 0440 }
{{- end }}
{{- with .Values.tls.existingSecret }}
- name: tls
  secret: { secretName: {{ quote . }}, defaultMode: 0440 }
{{- end }}
{{- with .Values.extraCA.configMap }}
- name: ca
  configMap: { name: {{ quote . }} }
{{- end }}
{{- end }}
