import type { ComposedPart } from '@mandate/composition';
import type { AuthenticationDevice, BackchannelRequestStore } from '@mandate/delegations';
import type { Endpoint, Runtime } from '@mandate/service-kit';
import type { TokenSigner } from '@mandate/token';
import type { DecideRequest } from '../decide-request.js';

/** A device, with what it brings along. */
export interface ComposedDevice extends ComposedPart {
  device: AuthenticationDevice;
  /** Where its answers are taken, beside those of the operator's app. */
  endpoints: readonly Endpoint[];
}

/** What a device is made of. */
export interface DeviceFoundation {
  runtime: Runtime;
  issuer: string;
  signer: TokenSigner;
  /** Whether whoever runs this reads its terminal: the standalone, and nothing else. */
  isDevelopment: boolean | undefined;
  /** Takes what people answer, where the device itself learns that. */
  decide: DecideRequest;
  requests: BackchannelRequestStore;
}
