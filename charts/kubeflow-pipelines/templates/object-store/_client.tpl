{{/* Where the store is, for a script. */}}
{{- define "kfp.storeAddress" -}}
- {name: STORE_URL, value: {{ include "kfp.storeUrl" . | quote }}}
- {name: BUCKET, value: {{ .Values.objectStore.bucket | quote }}}
- {name: REGION, value: {{ .Values.objectStore.region | quote }}}
{{- end }}

{{- define "kfp.storeKeys" -}}
{{ include "kfp.secretVariable" (list "ACCESS_KEY" (include "kfp.storeSecret" .) "accesskey") }}
{{ include "kfp.secretVariable" (list "SECRET_KEY" (include "kfp.storeSecret" .) "secretkey") }}
{{- end }}
