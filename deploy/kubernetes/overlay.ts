import { choiceOf } from '../rendering/render-input.ts';
import { yamlText } from '../rendering/yaml-text.ts';
import { tagOf } from '../shipping/release.ts';
import { ShipError, type Shipment } from '../shipping/target.ts';
import { settingsName } from './containers.ts';
import { toLiterals } from './render.ts';

/** In the folder of the deploy. */
export const FOLDER = 'kubernetes';
/** From there, `.cache/deploy/kubernetes`. */
const OVERLAY = '../../../deploy/rendered/kubernetes/overlays/production';

/** The rendered overlay, with the images and the variables of this deploy. */
export function kustomization(shipment: Shipment): string {
  const { deployment, settings, release } = shipment;
  const { name } = deployment;
  const tag = imageTag(shipment);
  const repository = repositoryOf(shipment);
  const declared = choiceOf(shipment).image ?? name;
  return yamlText({
    apiVersion: 'kustomize.config.k8s.io/v1beta1',
    kind: 'Kustomization',
    namespace: name,
    resources: [OVERLAY],
    // By the names that the overlay has given them, which are the registry's where one is declared.
    images: ['', '-slim'].flatMap((part) =>
      [...new Set([name, declared])].map((known) => ({
        name: `${known}${part}`,
        newName: `${repository}${part}`,
        newTag: tag,
      })),
    ),
    configMapGenerator: [
      {
        name: settingsName(shipment),
        behavior: 'merge',
        literals: toLiterals({ ...settings, RELEASE: release }),
      },
    ],
  });
}

/** Where the images lie, without tag: the one with the browser; the one without is its neighbour `-slim`. */
export function repositoryOf(shipment: Shipment): string {
  const { image } = shipment;
  if (image !== undefined) {
    if (tagOf(image) === undefined)
      throw new ShipError(
        `the image ${image} has no tag by which it is told from others: write REPOSITORY:TAG`,
      );
    return image.slice(0, image.lastIndexOf(':'));
  }
  const declared = choiceOf(shipment).image;
  if (declared === undefined)
    throw new ShipError(
      'no registry is named that the cluster pulls from: set platforms.kubernetes.image in config/deployment.ts, as registry.example/gatehouse, and run make render',
    );
  return declared;
}

function imageTag({ image, release }: Shipment): string {
  return tagOf(image) ?? release;
}
