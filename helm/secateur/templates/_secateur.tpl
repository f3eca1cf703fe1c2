{{- define "secateur.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 52 | trimSuffix "-" -}}
{{- end -}}

{{- define "secateur.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 52 | trimSuffix "-" -}}
{{- else if contains (include "secateur.name" .) .Release.Name -}}
{{- .Release.Name | trunc 52 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name (include "secateur.name" .) | trunc 52 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "secateur.selectorLabels" -}}
app.kubernetes.io/name: {{ include "secateur.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "secateur.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{ include "secateur.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end -}}

{{- define "secateur.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "secateur.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- required "serviceAccount.name is needed where serviceAccount.create is false" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{- define "secateur.image" -}}
{{- if .Values.image.digest -}}
{{- printf "%s@%s" .Values.image.repository .Values.image.digest -}}
{{- else -}}
{{- printf "%s:%s" .Values.image.repository (default .Chart.AppVersion .Values.image.tag) -}}
{{- end -}}
{{- end -}}

{{/* "true" where workers may go to zero. */}}
{{- define "secateur.scalesToZero" -}}
{{- if or (eq .Values.workload.kind "ScaledJob") (and .Values.autoscaling.keda.enabled (eq (int .Values.autoscaling.keda.minReplicas) 0)) -}}
true
{{- end -}}
{{- end -}}

{{- define "secateur.maxReplicas" -}}
{{- default 12 .Values.autoscaling.keda.maxReplicas | int -}}
{{- end -}}

{{/* The ports of kafka.bootstrapServers, as a JSON list. */}}
{{- define "secateur.kafkaPorts" -}}
{{- $ports := list -}}
{{- range splitList "," .Values.kafka.bootstrapServers -}}
{{- $ports = append $ports (last (splitList ":" (trim .)) | int) -}}
{{- end -}}
{{- $ports | uniq | toJson -}}
{{- end -}}

{{/* The port of a URL, the scheme's own where it names none. */}}
{{- define "secateur.urlPort" -}}
{{- $url := urlParse . -}}
{{- $port := last (splitList ":" $url.host) -}}
{{- if and (contains ":" $url.host) (regexMatch "^[0-9]+$" $port) -}}
{{- $port -}}
{{- else if eq $url.scheme "https" -}}443{{- else -}}80{{- end -}}
{{- end -}}

{{- define "secateur.storePort" -}}
{{- include "secateur.urlPort" .Values.store.endpoint -}}
{{- end -}}

{{/* What workers and the bridge may both reach. */}}
{{- define "secateur.egress" -}}
- to:
    {{- toYaml .Values.networkPolicy.dns | nindent 4 }}
  ports:
    - {protocol: UDP, port: 53}
    - {protocol: TCP, port: 53}
- ports:
    {{- range include "secateur.kafkaPorts" . | fromJsonArray }}
    - {protocol: TCP, port: {{ int . }}}
    {{- end }}
  {{- with .Values.networkPolicy.kafka }}
  to:
    {{- toYaml . | nindent 4 }}
  {{- end }}
- ports:
    - {protocol: TCP, port: {{ include "secateur.storePort" . }}}
  {{- with .Values.networkPolicy.store }}
  to:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- with .Values.networkPolicy.extraEgress }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* Settings that each are sound but cannot go together: said at once, not by a pod that misbehaves. */}}
{{- define "secateur.validate" -}}
{{- if not .Values.kafka.bootstrapServers -}}
{{- fail "kafka.bootstrapServers is needed, such as kafka:9092" -}}
{{- end -}}
{{- if not .Values.store.endpoint -}}
{{- fail "store.endpoint is needed, such as http://minio:9000" -}}
{{- end -}}
{{- if and .Values.autoscaling.keda.enabled .Values.autoscaling.hpa.enabled -}}
{{- fail "autoscaling.keda and autoscaling.hpa cannot both be enabled: KEDA makes an HPA of its own, and the two would fight" -}}
{{- end -}}
{{- if and (eq .Values.workload.kind "ScaledJob") (or .Values.autoscaling.keda.enabled .Values.autoscaling.hpa.enabled) -}}
{{- fail "workload.kind ScaledJob scales by itself: disable autoscaling.keda and autoscaling.hpa" -}}
{{- end -}}
{{- if and .Values.metrics.podMonitor.enabled .Values.metrics.serviceMonitor.enabled -}}
{{- fail "metrics.podMonitor and metrics.serviceMonitor cannot both be enabled: each worker would be scraped twice" -}}
{{- end -}}
{{- if and .Values.metrics.serviceMonitor.enabled (not .Values.service.enabled) -}}
{{- fail "metrics.serviceMonitor needs service.enabled" -}}
{{- end -}}
{{- if lt (int .Values.terminationGracePeriodSeconds) (add (int .Values.drain.timeoutSeconds) 10 | int) -}}
{{- fail (printf "terminationGracePeriodSeconds (%d) must be at least drain.timeoutSeconds (%d) + 10: a worker that is killed while it drains loses the work since its last checkpoint" (int .Values.terminationGracePeriodSeconds) (int .Values.drain.timeoutSeconds)) -}}
{{- end -}}
{{- if and (eq .Values.workload.kind "ScaledJob") (le (int .Values.workload.scaledJob.activeDeadlineSeconds) (int .Values.jobs.deadlineSeconds)) -}}
{{- fail (printf "workload.scaledJob.activeDeadlineSeconds (%d) must be above jobs.deadlineSeconds (%d)" (int .Values.workload.scaledJob.activeDeadlineSeconds) (int .Values.jobs.deadlineSeconds)) -}}
{{- end -}}
{{- if and (has .Values.store.credentials (list "static" "file")) (not .Values.store.existingSecret) -}}
{{- fail (printf "store.credentials %s needs store.existingSecret, the name of a Secret; only web-identity goes without" .Values.store.credentials) -}}
{{- end -}}
{{- if and .Values.bridge.enabled (not .Values.bridge.mlflow.uri) (not .Values.bridge.buckets.topic) -}}
{{- fail "bridge.enabled needs bridge.mlflow.uri or bridge.buckets.topic: it would lead nowhere" -}}
{{- end -}}
{{- if and .Values.store.ca.secretName .Values.store.ca.configMapName -}}
{{- fail "store.ca: a Secret or a ConfigMap, not both" -}}
{{- end -}}
{{- if and .Values.kafka.ca.secretName .Values.kafka.ca.configMapName -}}
{{- fail "kafka.ca: a Secret or a ConfigMap, not both" -}}
{{- end -}}
{{- range $key, $value := merge (dict) .Values.kafka.properties .Values.config -}}
{{- if regexMatch "(?i)(password|secret|jaas|credential.*=)" (printf "%s" $key) -}}
{{- if not (regexMatch "^\\$\\{[A-Z0-9_]+\\}$" (toString $value)) -}}
{{- fail (printf "%s would put a secret into a ConfigMap: keep it in a Secret, name that in kafka.existingSecret, store.existingSecret or extraEnv, and refer to it as ${VARIABLE}" $key) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "secateur.config" -}}
kafka.bootstrap.servers={{ .Values.kafka.bootstrapServers }}
{{- range $key, $value := .Values.kafka.properties }}
kafka.{{ $key }}={{ $value }}
{{- end }}
{{- if .Values.kafka.existingSecret }}
kafka.sasl.jaas.config=${SECATEUR_KAFKA_JAAS_CONFIG}
{{- end }}
{{- if or .Values.kafka.ca.secretName .Values.kafka.ca.configMapName }}
kafka.ssl.truststore.type=PEM
kafka.ssl.truststore.location=/etc/secateur/kafka-ca/{{ .Values.kafka.ca.key }}
{{- end }}
mp.messaging.incoming.registered.group.id={{ .Values.kafka.group }}
secateur.topics.registered={{ .Values.kafka.topics.registered }}
secateur.topics.progress={{ .Values.kafka.topics.progress }}
secateur.topics.compressed={{ .Values.kafka.topics.compressed }}
secateur.topics.dead-letters={{ .Values.kafka.topics.deadLetters }}
secateur.topics.doorbell={{ .Values.kafka.topics.doorbell }}
secateur.kafka.create-topics={{ .Values.kafka.topics.create }}
secateur.kafka.partitions={{ int .Values.kafka.partitions }}
secateur.kafka.replication-factor={{ int .Values.kafka.topics.replicationFactor }}
secateur.store.endpoint={{ .Values.store.endpoint }}
secateur.store.region={{ .Values.store.region }}
secateur.store.path-style={{ .Values.store.pathStyle }}
secateur.store.credentials={{ .Values.store.credentials }}
{{- if eq .Values.store.credentials "file" }}
secateur.store.credentials-file=/etc/secateur/store/credentials
{{- end }}
{{- if or .Values.store.ca.secretName .Values.store.ca.configMapName }}
secateur.store.ca-file=/etc/secateur/store-ca/{{ .Values.store.ca.key }}
{{- end }}
secateur.store.read-buckets={{ join "," .Values.store.readBuckets }}
secateur.store.write-buckets={{ join "," .Values.store.writeBuckets }}
secateur.state.uri={{ .Values.stateUri }}
secateur.jobs.concurrency={{ int .Values.jobs.concurrency }}
secateur.jobs.max-attempts={{ int .Values.jobs.maxAttempts }}
secateur.jobs.deadline={{ int .Values.jobs.deadlineSeconds }}s
secateur.jobs.output={{ .Values.jobs.output }}
secateur.page.port={{ int .Values.page.port }}
secateur.drain.timeout={{ int .Values.drain.timeoutSeconds }}s
{{- if eq .Values.workload.kind "ScaledJob" }}
secateur.drain.when-idle={{ int .Values.workload.scaledJob.idleSeconds }}s
{{- end }}
secateur.cache.size={{ .Values.cache.datasets }}
{{- range $key, $value := .Values.config }}
{{ $key }}={{ $value }}
{{- end }}
{{- end -}}

{{- define "secateur.env" -}}
{{- if .Values.jvm.options }}
- name: JDK_JAVA_OPTIONS
  value: {{ .Values.jvm.options | quote }}
{{- end }}
{{- if eq .Values.store.credentials "static" }}
- name: SECATEUR_STORE_ACCESS_KEY
  valueFrom: {secretKeyRef: {name: {{ .Values.store.existingSecret }}, key: access-key}}
- name: SECATEUR_STORE_SECRET_KEY
  valueFrom: {secretKeyRef: {name: {{ .Values.store.existingSecret }}, key: secret-key}}
{{- end }}
{{- if .Values.kafka.existingSecret }}
- name: SECATEUR_KAFKA_JAAS_CONFIG
  valueFrom: {secretKeyRef: {name: {{ .Values.kafka.existingSecret }}, key: sasl.jaas.config}}
{{- end }}
{{- with .Values.extraEnv }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/*
The worker's configuration as the commands read it, which know variables alone: derived, so that a broker or store that the
worker reaches is one that they reach. They follow secateur.env, to whose secrets ${NAME} refers.
*/}}
{{- define "secateur.variables" -}}
{{- range splitList "\n" (include "secateur.config" .) }}
{{- $pair := splitn "=" 2 . }}
{{- if regexMatch "^(kafka|mp|secateur)[.]" $pair._0 }}
- name: {{ regexReplaceAll "[^A-Z0-9]" (upper $pair._0) "_" }}
  value: {{ regexReplaceAll "\\$\\{([A-Z0-9_]+)\\}" $pair._1 "$(${1})" | quote }}
{{- end }}
{{- end }}
{{- end -}}

{{- define "secateur.volumeMounts" -}}
- name: config
  mountPath: /opt/secateur/config
  readOnly: true
- name: tmp
  mountPath: /tmp
- name: cache
  mountPath: /var/cache/secateur
{{- if eq .Values.store.credentials "file" }}
- name: store-credentials
  mountPath: /etc/secateur/store
  readOnly: true
{{- end }}
{{- if or .Values.store.ca.secretName .Values.store.ca.configMapName }}
- name: store-ca
  mountPath: /etc/secateur/store-ca
  readOnly: true
{{- end }}
{{- if or .Values.kafka.ca.secretName .Values.kafka.ca.configMapName }}
- name: kafka-ca
  mountPath: /etc/secateur/kafka-ca
  readOnly: true
{{- end }}
{{- with .Values.extraVolumeMounts }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "secateur.ca" -}}
{{- if .secretName -}}
secret: {secretName: {{ .secretName }}}
{{- else -}}
configMap: {name: {{ .configMapName }}}
{{- end -}}
{{- end -}}

{{- define "secateur.volumes" -}}
- name: config
  configMap: {name: {{ include "secateur.fullname" . }}}
- name: tmp
  emptyDir: {sizeLimit: 1Gi}
- name: cache
{{- if .Values.cache.volume }}
  {{- toYaml .Values.cache.volume | nindent 2 }}
{{- else }}
  emptyDir: {sizeLimit: {{ .Values.cache.size }}}
{{- end }}
{{- if eq .Values.store.credentials "file" }}
- name: store-credentials
  secret: {secretName: {{ default .Values.store.existingSecret .storeSecret }}, defaultMode: 288}
{{- end }}
{{- if or .Values.store.ca.secretName .Values.store.ca.configMapName }}
- name: store-ca
  {{- include "secateur.ca" .Values.store.ca | nindent 2 }}
{{- end }}
{{- if or .Values.kafka.ca.secretName .Values.kafka.ca.configMapName }}
- name: kafka-ca
  {{- include "secateur.ca" .Values.kafka.ca | nindent 2 }}
{{- end }}
{{- with .Values.extraVolumes }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* What a worker's pod is, in a Deployment as in a ScaledJob. */}}
{{- define "secateur.podTemplate" -}}
metadata:
  annotations:
    checksum/config: {{ include "secateur.config" . | sha256sum }}
    {{- with .Values.podAnnotations }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  labels:
    {{- include "secateur.labels" . | nindent 4 }}
    app.kubernetes.io/component: worker
    {{- with .Values.podLabels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
spec:
  serviceAccountName: {{ include "secateur.serviceAccountName" . }}
  automountServiceAccountToken: false
  enableServiceLinks: false
  {{- with .Values.imagePullSecrets }}
  imagePullSecrets:
    {{- range . }}
    - name: {{ . }}
    {{- end }}
  {{- end }}
  terminationGracePeriodSeconds: {{ int .Values.terminationGracePeriodSeconds }}
  {{- with .Values.priorityClassName }}
  priorityClassName: {{ . }}
  {{- end }}
  {{- with .Values.runtimeClassName }}
  runtimeClassName: {{ . }}
  {{- end }}
  securityContext:
    {{- toYaml .Values.podSecurityContext | nindent 4 }}
  {{- with .Values.nodeSelector }}
  nodeSelector:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.affinity }}
  affinity:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.tolerations }}
  tolerations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  topologySpreadConstraints:
    {{- if .Values.topologySpreadConstraints }}
    {{- toYaml .Values.topologySpreadConstraints | nindent 4 }}
    {{- else }}
    {{- range list "kubernetes.io/hostname" "topology.kubernetes.io/zone" }}
    - maxSkew: 1
      topologyKey: {{ . }}
      whenUnsatisfiable: ScheduleAnyway
      labelSelector:
        matchLabels:
          {{- include "secateur.selectorLabels" $ | nindent 10 }}
          app.kubernetes.io/component: worker
    {{- end }}
    {{- end }}
  containers:
    - name: worker
      image: {{ include "secateur.image" . }}
      imagePullPolicy: {{ .Values.image.pullPolicy }}
      # A worker that cannot start ends with the reason as its last words.
      terminationMessagePolicy: FallbackToLogsOnError
      securityContext:
        {{- toYaml .Values.securityContext | nindent 8 }}
      ports:
        - name: http
          containerPort: 8080
        {{- if .Values.page.port }}
        - name: page
          containerPort: {{ int .Values.page.port }}
        {{- end }}
      {{- with include "secateur.env" . | trim }}
      env:
        {{- . | nindent 8 }}
      {{- end }}
      {{- with .Values.extraEnvFrom }}
      envFrom:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      startupProbe:
        httpGet: {path: /q/health/started, port: http}
        {{- toYaml .Values.probes.startup | nindent 8 }}
      livenessProbe:
        httpGet: {path: /q/health/live, port: http}
        {{- toYaml .Values.probes.liveness | nindent 8 }}
      readinessProbe:
        httpGet: {path: /q/health/ready, port: http}
        {{- toYaml .Values.probes.readiness | nindent 8 }}
      resources:
        {{- toYaml .Values.resources | nindent 8 }}
      volumeMounts:
        {{- include "secateur.volumeMounts" . | nindent 8 }}
  volumes:
    {{- include "secateur.volumes" . | nindent 4 }}
{{- end -}}

{{/* A name of its own, so that nothing that selects workers selects the bridge. */}}
{{- define "secateur.bridge.selectorLabels" -}}
app.kubernetes.io/name: {{ include "secateur.name" . }}-bridge
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "secateur.bridge.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{ include "secateur.bridge.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
app.kubernetes.io/component: bridge
{{- end -}}

{{/* The bridge's Secret for the store: its own, else the workers'. */}}
{{- define "secateur.bridge.storeSecret" -}}
{{- default .Values.store.existingSecret .Values.bridge.store.existingSecret -}}
{{- end -}}

{{- define "secateur.bridge.env" -}}
{{- with .Values.bridge.mlflow.uri }}
- name: SECATEUR_BRIDGE_MLFLOW_URI
  value: {{ . | quote }}
{{- end }}
{{- with .Values.bridge.mlflow.artifacts }}
- name: SECATEUR_BRIDGE_MLFLOW_ARTIFACTS
  value: {{ . | quote }}
{{- end }}
- name: SECATEUR_BRIDGE_MLFLOW_POLL
  value: {{ printf "%ds" (int .Values.bridge.mlflow.pollSeconds) | quote }}
{{- with .Values.bridge.mlflow.existingSecret }}
{{- range $key := list "token" "username" "password" }}
- name: SECATEUR_BRIDGE_MLFLOW_{{ upper $key }}
  valueFrom: {secretKeyRef: {name: {{ $.Values.bridge.mlflow.existingSecret }}, key: {{ $key }}, optional: true}}
{{- end }}
{{- end }}
{{- with .Values.bridge.hooks.existingSecret }}
- name: SECATEUR_BRIDGE_HOOKS_SECRET
  valueFrom: {secretKeyRef: {name: {{ . }}, key: secret}}
{{- end }}
{{- with .Values.bridge.buckets.topic }}
- name: SECATEUR_BRIDGE_BUCKETS_TOPIC
  value: {{ . | quote }}
{{- end }}
- name: SECATEUR_BRIDGE_MODELS
  value: {{ join "," .Values.bridge.models | quote }}
- name: SECATEUR_BRIDGE_DATASETS
  value: {{ join "," .Values.bridge.datasets | quote }}
- name: SECATEUR_BRIDGE_GROUP
  value: {{ printf "%s-bridge" .Values.kafka.group | quote }}
{{- if eq .Values.store.credentials "static" }}
- name: SECATEUR_STORE_ACCESS_KEY
  valueFrom: {secretKeyRef: {name: {{ include "secateur.bridge.storeSecret" . }}, key: access-key}}
- name: SECATEUR_STORE_SECRET_KEY
  valueFrom: {secretKeyRef: {name: {{ include "secateur.bridge.storeSecret" . }}, key: secret-key}}
{{- end }}
{{- if .Values.kafka.existingSecret }}
- name: SECATEUR_KAFKA_JAAS_CONFIG
  valueFrom: {secretKeyRef: {name: {{ .Values.kafka.existingSecret }}, key: sasl.jaas.config}}
{{- end }}
{{- with .Values.bridge.extraEnv }}
{{ toYaml . }}
{{- end }}
{{- end -}}
