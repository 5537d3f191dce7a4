{{/* Everything that is missing or does not fit, said at once, by the values' names. */}}
{{- define "teamsbot.check" -}}
{{- $wrong := list }}
{{- $config := .Values.config }}
{{- $keys := .Values.secretKeys }}
{{- $msi := eq (get $config "MICROSOFT_APP_TYPE") "UserAssignedMSI" }}
{{- if not .Values.image.repository }}{{ $wrong = append $wrong "image.repository: where you pushed the image" }}{{ end }}
{{- range list "MICROSOFT_APP_ID" "MICROSOFT_APP_TENANT_ID" }}
{{- if not (get $config .) }}{{ $wrong = append $wrong (printf "config.%s: a GUID of the app registration" .) }}{{ end }}
{{- end }}
{{- range list "DATABASE_URL" "APONO_API_TOKEN" }}
{{- if not (dig . "key" "" $keys) }}{{ $wrong = append $wrong (printf "secretKeys.%s.key: the bot does not start without it" .) }}{{ end }}
{{- end }}
{{- $named := list }}
{{- range $name, $from := $keys }}
{{- if and $from.key (not (get $from "secret")) }}{{ $named = append $named $name }}{{ end }}
{{- end }}
{{- if and $named (not .Values.existingSecret) }}
{{- $wrong = append $wrong (printf "existingSecret: the Secret that holds %s" (join ", " $named)) }}
{{- end }}
{{- $password := dig "MICROSOFT_APP_PASSWORD" "key" "" $keys }}
{{- if and $msi (or $password .Values.appCertificate.existingSecret) }}
{{- $wrong = append $wrong "secretKeys.MICROSOFT_APP_PASSWORD.key and appCertificate.existingSecret: must be empty for a managed identity" }}
{{- else if and (not $msi) (eq (empty $password) (empty .Values.appCertificate.existingSecret)) }}
{{- $wrong = append $wrong "secretKeys.MICROSOFT_APP_PASSWORD.key or appCertificate.existingSecret: one of them, the other empty" }}
{{- end }}
{{- if and .Values.ingress.enabled (not .Values.ingress.host) }}{{ $wrong = append $wrong "ingress.host: the name by which Teams and Apono reach the bot" }}{{ end }}
{{- if $wrong }}{{ fail (printf "these values are missing or do not fit:\n- %s\n" (join "\n- " $wrong)) }}{{ end }}
{{- end }}
