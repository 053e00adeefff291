{{/* What the API server reads from its environment; the rest is in its config.json. */}}
{{- define "kfp.apiServerEnvironment" -}}
{{- $database := include "kfp.databaseSecret" . -}}
{{- $store := include "kfp.storeSecret" . -}}
- name: POD_NAMESPACE
  valueFrom: {fieldRef: {fieldPath: metadata.namespace}}
- {name: CLUSTER_DOMAIN, value: {{ .Values.clusterDomain | quote }}}
- {name: LOG_LEVEL, value: {{ .Values.apiServer.logLevel | quote }}}
- {name: AUTO_UPDATE_PIPELINE_DEFAULT_VERSION, value: {{ .Values.apiServer.newVersionIsDefault | quote }}}
- {name: DBCONFIG_MYSQLCONFIG_HOST, value: {{ include "kfp.databaseHost" . | quote }}}
- {name: DBCONFIG_MYSQLCONFIG_PORT, value: {{ include "kfp.databasePort" . | quote }}}
- {name: DBCONFIG_MYSQLCONFIG_DBNAME, value: {{ .Values.database.pipelines | quote }}}
{{ include "kfp.secretVariable" (list "DBCONFIG_MYSQLCONFIG_USER" $database "username") }}
{{ include "kfp.secretVariable" (list "DBCONFIG_MYSQLCONFIG_PASSWORD" $database "password") }}
- {name: OBJECTSTORECONFIG_HOST, value: {{ include "kfp.storeHost" . | quote }}}
- {name: OBJECTSTORECONFIG_PORT, value: {{ include "kfp.storePort" . | quote }}}
- {name: OBJECTSTORECONFIG_SECURE, value: {{ include "kfp.storeTls" . | quote }}}
- {name: OBJECTSTORECONFIG_REGION, value: {{ .Values.objectStore.region | quote }}}
- {name: OBJECTSTORECONFIG_BUCKETNAME, value: {{ .Values.objectStore.bucket | quote }}}
{{ include "kfp.secretVariable" (list "OBJECTSTORECONFIG_ACCESSKEY" $store "accesskey") }}
{{ include "kfp.secretVariable" (list "OBJECTSTORECONFIG_SECRETACCESSKEY" $store "secretkey") }}
- {name: V2_DRIVER_IMAGE, value: {{ include "kfp.image" (list . .Values.workflows.driverImage) | quote }}}
- {name: V2_LAUNCHER_IMAGE, value: {{ include "kfp.image" (list . .Values.workflows.launcherImage) | quote }}}
- {name: PUBLISH_LOGS, value: "true"}
- {name: PIPELINE_LOG_LEVEL, value: "1"}
# Steps of a namespace that enforces `restricted` may not run as root.
- {name: DEFAULT_SECURITY_CONTEXT_RUN_AS_USER, value: {{ .Values.workflows.runAsUser | quote }}}
- {name: DEFAULT_SECURITY_CONTEXT_RUN_AS_NON_ROOT, value: "true"}
# Only pipelines compiled by the SDK 2: what the others need is not here.
- {name: BLOCK_V1_PIPELINES, value: "true"}
# There is no visualization server, and without an address of one the API server does not start.
- {name: ML_PIPELINE_VISUALIZATIONSERVER_SERVICE_HOST, value: none.invalid}
- {name: ML_PIPELINE_VISUALIZATIONSERVER_SERVICE_PORT, value: "8888"}
{{- with .Values.apiServer.runs.archiveAfter }}
- {name: RUNS_RETENTION_TIME, value: {{ . | quote }}}
{{- end }}
{{- with .Values.apiServer.runs.deleteAfter }}
- {name: ARCHIVED_RUNS_RETENTION_TIME, value: {{ . | quote }}}
{{- end }}
{{- with .Values.apiServer.extraEnv }}
{{ toYaml . }}
{{- end }}
{{- end }}
