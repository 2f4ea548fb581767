/// The contents of an OPT record (RFC 6891).
package struct ExtendedDNS: Hashable, Sendable {
    /// The largest UDP answer that the sender accepts, as received: values below 512 mean 512.
    package var payloadSize: UInt16
    package var extendedResponseCode: UInt8 = 0
    package var version: UInt8 = 0
    package var isDNSSECOK = false
    package var options: [Option] = []

    package struct Option: Hashable, Sendable {
        package var code: UInt16
        package var data: [UInt8]
    }

    package init(payloadSize: UInt16) { self.payloadSize = payloadSize }

    /// The options that the answer repeats as received: NSID, EXPIRE, COOKIE, keep-alive and padding.
    static let echoedOptions: Set<UInt16> = [3, 9, 10, 11, padding]
    private static let padding: UInt16 = 12
    /// The length of a record without options: root, type, payload size, code, version and flags, length.
    static let shortest = 11

    /// The length of the record in bytes.
    var length: Int { Self.shortest + options.reduce(0) { $0 + $1.length } }

    /// The record with the options that fit into this many bytes: if not all do, padding, which says nothing, is left out,
    /// and then the last ones. A record without options is as short as it can be, and may still be too long.
    func fitting(_ room: Int) -> ExtendedDNS {
        if length <= room { return self }
        var record = self
        record.options = []
        var left = room - Self.shortest
        for option in options where option.code != Self.padding {
            left -= option.length
            if left < 0 { break }
            record.options.append(option)
        }
        return record
    }
}

extension ExtendedDNS.Option {
    /// With its code and its own length in front.
    fileprivate var length: Int { 4 + data.count }

    /// Whether the data has the form that its code requires. Codes without a rule accept anything.
    var isWellFormed: Bool {
        switch code {
        case 1: data.count >= 18  // LLQ
        case 2: data.count == 4 || data.count == 8  // update lease
        case 8: isWellFormedSubnet
        case 9: data.isEmpty || data.count >= 4  // EXPIRE, RFC 7314
        case 11: data.isEmpty || data.count == 2  // keep-alive, RFC 7828
        case 15: data.count >= 2  // extended error, RFC 8914
        default: true
        }
    }

    /// Client subnet, RFC 7871: family, two prefix lengths, address.
    private var isWellFormedSubnet: Bool {
        guard data.count >= 4, data[0] == 0 else { return false }
        switch data[1] {
        case 0: return data[2] == 0
        case 1: return data[2] <= 32 && data[3] <= 32
        case 2: return data[2] <= 128 && data[3] <= 128
        default: return false
        }
    }

    /// The form in which the option is sent back: EXPIRE is cut to its four bytes, a keep-alive of zero becomes empty.
    var echoed: ExtendedDNS.Option {
        switch code {
        case 9 where data.count > 4: ExtendedDNS.Option(code: code, data: Array(data[..<4]))
        case 11 where data == [0, 0]: ExtendedDNS.Option(code: code, data: [])
        default: self
        }
    }
}
