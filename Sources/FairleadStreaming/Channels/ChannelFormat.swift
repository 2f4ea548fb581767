import FairleadModel

/// How a message of the channel protocols names its channel: in its first byte, or, in base64, in its first digit.
package struct ChannelFormat: Hashable, Sendable {
    /// 1 for `channel.k8s.io`, 4 or 5.
    package var version: Int
    package var isBase64: Bool

    package init(version: Int, isBase64: Bool = false) {
        self.version = version
        self.isBase64 = isBase64
    }

    package enum Channel {
        package static let input: UInt8 = 0
        package static let output: UInt8 = 1
        package static let errors: UInt8 = 2
        package static let status: UInt8 = 3
        package static let resize: UInt8 = 4
        /// From version 5 on: the second byte names a channel that ends.
        package static let close: UInt8 = 255
    }

    /// A message, as it is sent.
    package func message(_ channel: UInt8, _ bytes: some Sequence<UInt8>) -> [UInt8] {
        guard isBase64 else { return [channel] + bytes }
        return [UInt8(ascii: "0") &+ channel] + Base64.encode(Array(bytes)[...]).utf8
    }

    /// nil for an empty message, and for one that is no base64.
    package func parse(_ message: [UInt8]) -> (channel: UInt8, bytes: [UInt8])? {
        guard let first = message.first else { return nil }
        guard isBase64 else { return (first, Array(message.dropFirst())) }
        let text = String(decoding: message.dropFirst(), as: UTF8.self)
        do { _ = try Base64.canonical(text) } catch { return nil }
        return (first &- UInt8(ascii: "0"), Base64.decode(text))
    }
}
