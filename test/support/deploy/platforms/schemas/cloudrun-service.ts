const count = { type: 'string', pattern: '^[0-9]+$' } as const;
const flag = { enum: ['true', 'false'] } as const;

const probe = {
  type: 'object',
  required: ['httpGet'],
  additionalProperties: false,
  properties: {
    httpGet: {
      type: 'object',
      required: ['path'],
      additionalProperties: false,
      properties: {
        path: { type: 'string', pattern: '^/' },
        port: { type: 'integer', minimum: 1, maximum: 65_535 },
      },
    },
    periodSeconds: { type: 'integer', minimum: 1, maximum: 240 },
    timeoutSeconds: { type: 'integer', minimum: 1, maximum: 240 },
    failureThreshold: { type: 'integer', minimum: 1 },
  },
} as const;

const variable = {
  type: 'object',
  required: ['name'],
  oneOf: [{ required: ['value'] }, { required: ['valueFrom'] }],
  additionalProperties: false,
  properties: {
    // Those that Cloud Run sets itself are refused.
    name: { type: 'string', pattern: '^(?!(PORT|K_SERVICE|K_REVISION|K_CONFIGURATION)$)[A-Z_][A-Z0-9_]*$' },
    value: { type: 'string' },
    valueFrom: {
      type: 'object',
      required: ['secretKeyRef'],
      additionalProperties: false,
      properties: {
        secretKeyRef: {
          type: 'object',
          required: ['name', 'key'],
          additionalProperties: false,
          properties: {
            name: { type: 'string', pattern: '^[a-z0-9-]+$' },
            key: { type: 'string', pattern: '^(latest|[0-9]+)$' },
          },
        },
      },
    },
  },
} as const;

const podSpec = {
  type: 'object',
  required: ['containers'],
  additionalProperties: false,
  properties: {
    containerConcurrency: { type: 'integer', minimum: 1, maximum: 1_000 },
    timeoutSeconds: { type: 'integer', minimum: 1, maximum: 3_600 },
    serviceAccountName: { type: 'string' },
    containers: {
      type: 'array',
      minItems: 1,
      maxItems: 1,
      items: {
        type: 'object',
        required: ['image'],
        additionalProperties: false,
        properties: {
          image: { type: 'string', minLength: 1 },
          ports: {
            type: 'array',
            maxItems: 1,
            items: {
              type: 'object',
              required: ['containerPort'],
              additionalProperties: false,
              properties: {
                name: { enum: ['http1', 'h2c'] },
                containerPort: { type: 'integer', minimum: 1, maximum: 65_535 },
              },
            },
          },
          env: { type: 'array', items: variable },
          resources: {
            type: 'object',
            additionalProperties: false,
            properties: {
              limits: {
                type: 'object',
                additionalProperties: false,
                properties: {
                  cpu: { enum: ['1', '2', '4', '8'] },
                  memory: { type: 'string', pattern: '^[0-9]+(Mi|Gi)$' },
                },
              },
            },
          },
          startupProbe: probe,
          livenessProbe: probe,
          volumeMounts: {
            type: 'array',
            items: {
              type: 'object',
              required: ['name', 'mountPath'],
              additionalProperties: false,
              properties: {
                name: { type: 'string' },
                mountPath: { type: 'string', pattern: '^/(?!dev|proc|sys)' },
              },
            },
          },
        },
      },
    },
    volumes: {
      type: 'array',
      items: {
        type: 'object',
        required: ['name', 'nfs'],
        additionalProperties: false,
        properties: {
          name: { type: 'string' },
          nfs: {
            type: 'object',
            required: ['server', 'path'],
            additionalProperties: false,
            properties: {
              server: { type: 'string' },
              path: { type: 'string', pattern: '^/' },
              readOnly: { type: 'boolean' },
            },
          },
        },
      },
    },
  },
} as const;

/**
 * What a Cloud Run service may hold of what one container needs: the fields and annotations of
 * cloud.google.com/run/docs/reference/yaml/v1 (read 2026-11), and no others. Annotations are strings, always.
 */
export const cloudRunService = {
  type: 'object',
  required: ['apiVersion', 'kind', 'metadata', 'spec'],
  additionalProperties: false,
  properties: {
    apiVersion: { const: 'serving.knative.dev/v1' },
    kind: { const: 'Service' },
    metadata: {
      type: 'object',
      required: ['name'],
      additionalProperties: false,
      properties: {
        name: { type: 'string', pattern: '^[a-z][a-z0-9-]{0,48}$' },
        labels: {
          type: 'object',
          additionalProperties: false,
          properties: {
            'cloud.googleapis.com/location': { type: 'string', pattern: '^[a-z]+-[a-z]+[0-9]+$' },
          },
        },
        annotations: {
          type: 'object',
          additionalProperties: false,
          properties: {
            'run.googleapis.com/ingress': {
              enum: ['all', 'internal', 'internal-and-cloud-load-balancing'],
            },
            'run.googleapis.com/invoker-iam-disabled': flag,
            'run.googleapis.com/minScale': count,
            'run.googleapis.com/maxScale': count,
            'run.googleapis.com/scalingMode': { enum: ['automatic', 'manual'] },
            'run.googleapis.com/manualInstanceCount': count,
          },
        },
      },
    },
    spec: {
      type: 'object',
      required: ['template'],
      additionalProperties: false,
      properties: {
        template: {
          type: 'object',
          required: ['spec'],
          additionalProperties: false,
          properties: {
            metadata: {
              type: 'object',
              additionalProperties: false,
              properties: {
                annotations: {
                  type: 'object',
                  additionalProperties: false,
                  properties: {
                    'autoscaling.knative.dev/minScale': count,
                    'autoscaling.knative.dev/maxScale': count,
                    'run.googleapis.com/cpu-throttling': flag,
                    'run.googleapis.com/startup-cpu-boost': flag,
                    'run.googleapis.com/execution-environment': { enum: ['gen1', 'gen2'] },
                    'run.googleapis.com/network-interfaces': { type: 'string', pattern: '^\\[\\{.*\\}\\]$' },
                    'run.googleapis.com/vpc-access-egress': { enum: ['all-traffic', 'private-ranges-only'] },
                  },
                },
              },
            },
            spec: podSpec,
          },
        },
        traffic: {
          type: 'array',
          items: {
            type: 'object',
            required: ['percent'],
            additionalProperties: false,
            properties: {
              latestRevision: { type: 'boolean' },
              revisionName: { type: 'string' },
              percent: { type: 'integer', minimum: 0, maximum: 100 },
            },
          },
        },
      },
    },
  },
} as const;
