{{- define "mlflow.adminEnvironment" -}}
- name: MLFLOW_AUTH_ADMIN_USERNAME
  value: {{ .Values.auth.adminUsername | quote }}
{{- if .Values.auth.existingSecret }}
{{ include "mlflow.fromSecret" (list "MLFLOW_AUTH_ADMIN_PASSWORD" .Values.auth.existingSecret "password") }}
{{- else }}
{{ include "mlflow.fromSecret" (list "MLFLOW_AUTH_ADMIN_PASSWORD" (include "mlflow.secret" .) "admin-password") }}
{{- end }}
{{- end }}

{{/* The step that migrates the database and declares the users; a container. */}}
{{- define "mlflow.prepare" -}}
- name: prepare
  image: {{ include "mlflow.image" (list . .Values.image) }}
  imagePullPolicy: {{ .Values.image.pullPolicy }}
  command: [python, -m, slipway.tracking_server, prepare]
  env:
    {{- include "mlflow.storesEnvironment" . | nindent 4 }}
    {{- include "mlflow.adminEnvironment" . | nindent 4 }}
    {{- $users := list }}
    {{- range .Values.auth.users }}
    {{- $users = append $users (pick . "name" "permission") }}
    {{- end }}
    - name: SLIPWAY_USERS
      value: {{ $users | toJson | quote }}
  terminationMessagePolicy: FallbackToLogsOnError
  resources:
    {{- toYaml .Values.migration.resources | nindent 4 }}
  securityContext:
    {{- include "mlflow.securityContext" . | nindent 4 }}
  volumeMounts:
    - name: tmp
      mountPath: /tmp
    {{- if .Values.auth.users }}
    - name: users
      mountPath: /etc/mlflow/users
      readOnly: true
    {{- end }}
{{- end }}

{{/* The volumes of that step. */}}
{{- define "mlflow.prepareVolumes" -}}
- name: tmp
  emptyDir: {}
{{- if .Values.auth.users }}
- name: users
  projected:
    sources:
      {{- range .Values.auth.users }}
      - secret:
          name: {{ .secret }}
          items:
            - key: {{ .key }}
              path: {{ .name }}
      {{- end }}
{{- end }}
{{- end }}
