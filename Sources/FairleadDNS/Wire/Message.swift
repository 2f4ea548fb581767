/// The first twelve bytes of a message, without its counts (RFC 1035, 4.1.1; RFC 6895).
package struct MessageHeader: Hashable, Sendable {
    package var id: UInt16
    /// QR, opcode, AA, TC, RD, RA, Z, AD, CD and the lower four bits of the response code.
    package var bits: UInt16

    package init(id: UInt16, bits: UInt16 = 0) {
        self.id = id
        self.bits = bits
    }

    package var isResponse: Bool {
        get { bits & 0x8000 != 0 }
        set { set(0x8000, newValue) }
    }
    package var isAuthoritative: Bool {
        get { bits & 0x0400 != 0 }
        set { set(0x0400, newValue) }
    }
    package var isTruncated: Bool {
        get { bits & 0x0200 != 0 }
        set { set(0x0200, newValue) }
    }
    package var isRecursionDesired: Bool {
        get { bits & 0x0100 != 0 }
        set { set(0x0100, newValue) }
    }
    package var isRecursionAvailable: Bool {
        get { bits & 0x0080 != 0 }
        set { set(0x0080, newValue) }
    }
    package var isZero: Bool {
        get { bits & 0x0040 != 0 }
        set { set(0x0040, newValue) }
    }
    package var isCheckingDisabled: Bool {
        get { bits & 0x0010 != 0 }
        set { set(0x0010, newValue) }
    }
    package var opcode: Opcode {
        get { Opcode(rawValue: UInt8(truncatingIfNeeded: bits >> 11)) }
        set { bits = bits & ~0x7800 | UInt16(newValue.rawValue) << 11 }
    }
    /// The lower four bits only.
    package var responseCode: ResponseCode {
        get { ResponseCode(rawValue: bits & 0xF) }
        set { bits = bits & ~0xF | newValue.rawValue & 0xF }
    }

    private mutating func set(_ bit: UInt16, _ isSet: Bool) { bits = isSet ? bits | bit : bits & ~bit }
}

package struct Question: Hashable, Sendable, CustomStringConvertible {
    package var name: DomainName
    package var type: RecordType
    package var recordClass = RecordClass.internet

    package init(_ name: DomainName, _ type: RecordType, _ recordClass: RecordClass = .internet) {
        self.name = name
        self.type = type
        self.recordClass = recordClass
    }

    package var description: String { "\(name) \(recordClass) \(type)" }
}

/// A parsed message. The OPT record is not among the additional records: it is in `edns`.
package struct Message: Hashable, Sendable {
    package var header: MessageHeader
    package var questions: [Question] = []
    package var answers: [ResourceRecord] = []
    package var authorities: [ResourceRecord] = []
    package var additionals: [ResourceRecord] = []
    package var edns: ExtendedDNS?

    package init(header: MessageHeader) { self.header = header }

    /// A question as a stub resolver asks it.
    package init(id: UInt16, asking question: Question) {
        header = MessageHeader(id: id)
        header.isRecursionDesired = true
        questions = [question]
    }

    /// The full response code: the header's four bits, and the eight bits above them from the OPT record.
    package var responseCode: ResponseCode {
        get {
            ResponseCode(rawValue: header.responseCode.rawValue | UInt16(edns?.extendedResponseCode ?? 0) << 4)
        }
        set {
            header.responseCode = newValue
            edns?.extendedResponseCode = UInt8(truncatingIfNeeded: newValue.rawValue >> 4)
        }
    }
}
