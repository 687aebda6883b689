import { ConnectionError, ErrorCode } from './error-code.js';
import { FRAME_HEADER_BYTES, FrameType, putFrameHeader, putUint32, uint32At } from './frame.js';
import {
  DEFAULT_HEADER_TABLE_BYTES,
  DEFAULT_MAX_FRAME_BYTES,
  DEFAULT_WINDOW_BYTES,
  MAX_FRAME_BYTES,
  MAX_HEADER_LIST_BYTES,
  MAX_WINDOW_BYTES,
} from './limits.js';

/** RFC 9113, section 6.5.2. */
export const SettingId = {
  HeaderTableSize: 0x1,
  EnablePush: 0x2,
  MaxConcurrentStreams: 0x3,
  InitialWindowSize: 0x4,
  MaxFrameSize: 0x5,
  MaxHeaderListSize: 0x6,
} as const;

const SETTING_BYTES = 6;

/** What the peer allows us to send. The other settings are about what only clients receive. */
export interface PeerSettings {
  headerTableBytes: number;
  initialWindowBytes: number;
}

export function initialPeerSettings(): PeerSettings {
  return {
    headerTableBytes: DEFAULT_HEADER_TABLE_BYTES,
    initialWindowBytes: DEFAULT_WINDOW_BYTES,
  };
}

/** The payload of a SETTINGS frame, applied in its order. Throws a ConnectionError. */
export function applySettings(
  settings: PeerSettings,
  bytes: Buffer,
  start: number,
  end: number,
): void {
  if ((end - start) % SETTING_BYTES !== 0) {
    throw new ConnectionError(ErrorCode.FrameSizeError, 'SETTINGS with half a setting');
  }
  for (let at = start; at < end; at += SETTING_BYTES) {
    applySetting(
      settings,
      ((bytes[at] as number) << 8) | (bytes[at + 1] as number),
      uint32At(bytes, at + 2),
    );
  }
}

function applySetting(settings: PeerSettings, id: number, value: number): void {
  switch (id) {
    case SettingId.HeaderTableSize:
      settings.headerTableBytes = value;
      return;
    case SettingId.EnablePush:
      if (value > 1) throw new ConnectionError(ErrorCode.ProtocolError, 'ENABLE_PUSH is 0 or 1');
      return;
    case SettingId.InitialWindowSize:
      if (value > MAX_WINDOW_BYTES) {
        throw new ConnectionError(ErrorCode.FlowControlError, 'an initial window too large');
      }
      settings.initialWindowBytes = value;
      return;
    case SettingId.MaxFrameSize:
      if (value < DEFAULT_MAX_FRAME_BYTES || value > MAX_FRAME_BYTES) {
        throw new ConnectionError(ErrorCode.ProtocolError, 'MAX_FRAME_SIZE out of its range');
      }
      // Frames of the smallest limit a peer may have are large enough: it is not kept.
      return;
    default:
      // A setting nobody knows must be ignored (section 6.5.2).
      return;
  }
}

/** The SETTINGS frame we begin with; everything else has its default. */
export function ownSettings(maxConcurrentStreams: number): Buffer {
  const settings = [
    [SettingId.MaxConcurrentStreams, maxConcurrentStreams],
    [SettingId.MaxHeaderListSize, MAX_HEADER_LIST_BYTES],
  ] as const;
  const frame = Buffer.alloc(FRAME_HEADER_BYTES + settings.length * SETTING_BYTES);
  let at = putFrameHeader(frame, 0, settings.length * SETTING_BYTES, FrameType.Settings, 0, 0);
  for (const [id, value] of settings) {
    frame[at] = id >>> 8;
    frame[at + 1] = id;
    at = putUint32(frame, at + 2, value);
  }
  return frame;
}
