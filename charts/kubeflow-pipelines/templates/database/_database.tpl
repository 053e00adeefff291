{{- define "kfp.databaseAccounts" -}}
{{ include "kfp.secretVariable" (list "DATABASE_USER" (include "kfp.databaseSecret" .) "username") }}
{{ include "kfp.secretVariable" (list "DATABASE_PASSWORD" (include "kfp.databaseSecret" .) "password") }}
{{- end }}

{{/* Over TCP and as the user of the components: what they need is what is asked. */}}
{{- define "kfp.databaseProbe" -}}
exec:
  command:
    - sh
    - -c
    - MYSQL_PWD="$DATABASE_PASSWORD" exec mariadb-admin --no-defaults --host=127.0.0.1 --user="$DATABASE_USER" --silent status
{{- end }}

{{/* A volume named `data`. Takes (list . component size). */}}
{{- define "kfp.claim" -}}
{{- $root := index . 0 -}}
metadata:
  name: data
  labels: {{- include "kfp.selector" (list $root (index . 1)) | nindent 4 }}
spec:
  accessModes: [ReadWriteOnce]
  {{- with $root.Values.global.storageClass }}
  storageClassName: {{ . }}
  {{- end }}
  resources: {requests: {storage: {{ index . 2 }}}}
{{- end }}
