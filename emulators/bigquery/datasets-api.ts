// The datasets half of the REST API.
import { ApiError } from './api-error.ts';
import { createDataset, datasetAt, dropDataset, etagOf } from './catalog.ts';
import type { Catalog, Dataset, DatasetReference } from './catalog.ts';
import type { Database } from './database.ts';
import { mergeSettings, pickSettings } from './settings.ts';

type Json = Record<string, unknown>;

const DATASET_SETTINGS = [
  'friendlyName',
  'description',
  'labels',
  'location',
  'access',
  'defaultTableExpirationMs',
  'defaultPartitionExpirationMs',
  'storageBillingModel',
  'maxTimeTravelHours',
] as const;

export interface DatasetsApi {
  insert(projectId: string, body: Json): Promise<Json>;
  get(reference: DatasetReference): Json;
  list(projectId: string): Json;
  patch(reference: DatasetReference, body: Json): Json;
  remove(reference: DatasetReference, deleteContents: boolean): Promise<undefined>;
}

export function createDatasetsApi({ catalog, database }: { catalog: Catalog; database: Database }): DatasetsApi {
  return {
    async insert(projectId, body) {
      const { datasetId } = (body['datasetReference'] ?? {}) as Json;
      if (typeof datasetId !== 'string')
        throw new ApiError('required', 'Required parameter is missing: datasetReference.datasetId');
      const reference = { projectId, datasetId };
      const settings = { location: 'US', ...pickSettings(body, DATASET_SETTINGS) };
      const dataset = await database.useExclusively((session) =>
        createDataset(catalog, session, { reference, settings }),
      );
      return datasetResource(dataset);
    },

    get: (reference) => datasetResource(datasetAt(catalog, reference)),

    list: (projectId) => ({
      kind: 'bigquery#datasetList',
      datasets: [...catalog.datasets.values()]
        .filter((dataset) => dataset.reference.projectId === projectId)
        .map((dataset) => {
          const { kind, id, datasetReference, labels, location, friendlyName } = datasetResource(dataset);
          return { kind, id, datasetReference, labels, location, friendlyName };
        }),
    }),

    patch(reference, body) {
      const dataset = datasetAt(catalog, reference);
      dataset.settings = mergeSettings(dataset.settings, pickSettings(body, DATASET_SETTINGS));
      dataset.modifiedAtMs = Date.now();
      return datasetResource(dataset);
    },

    async remove(reference, deleteContents) {
      await database.useExclusively((session) => dropDataset(catalog, session, { reference, deleteContents }));
      return undefined;
    },
  };
}

function datasetResource({ reference, settings, createdAtMs, modifiedAtMs }: Dataset): Json {
  const resource: Json = {
    kind: 'bigquery#dataset',
    id: `${reference.projectId}:${reference.datasetId}`,
    datasetReference: reference,
    ...settings,
    creationTime: String(createdAtMs),
    lastModifiedTime: String(modifiedAtMs),
    type: 'DEFAULT',
  };
  return { ...resource, etag: etagOf(resource) };
}
