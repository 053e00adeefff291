{{/* A sync policy. Takes a dict: prune, options. */}}
{{- define "platform.syncPolicy" -}}
automated:
  prune: {{ .prune }}
  selfHeal: true
retry:
  limit: 10
  backoff: {duration: 10s, factor: 2, maxDuration: 5m}
syncOptions:
  - ServerSideApply=true
  # What is ignored is also left alone when the rest is written.
  - RespectIgnoreDifferences=true
  {{- range .options }}
  - {{ . }}
  {{- end }}
{{- end }}

{{/* Compare with what the API server would make of it: defaults and webhooks make no difference. */}}
{{- define "platform.compareOptions" -}}
argocd.argoproj.io/compare-options: ServerSideDiff=true
{{- end }}

{{- define "platform.server" -}}https://kubernetes.default.svc{{- end }}

{{- define "platform.finalizer" -}}resources-finalizer.argocd.argoproj.io{{- end }}
