import Testing

@testable import FairleadEtcd

@Suite struct WireTests {
    /// Bytes as protobuf's specification gives them for these fields.
    @Test func requestsAreEncodedAsProtobufSays() {
        let range = RangeRequest(key: Array("a".utf8), end: Array("b".utf8), limit: 300, revision: 5, keysOnly: true)
        #expect(
            range.encoded.bytes == [0x0A, 1, 0x61, 0x12, 1, 0x62, 0x18, 0xAC, 0x02, 0x20, 5, 0x40, 1])
        var txn = TxnRequest()
        txn.comparisons = [.init(key: [0x6B], revision: 7)]
        txn.success = [.put(PutRequest(key: [0x6B], value: [0x76])), .delete(DeleteRequest(key: [0x64]))]
        txn.failure = [.range(RangeRequest(key: [0x6B]))]
        #expect(
            txn.encoded.bytes == [
                0x0A, 7, 0x10, 2, 0x1A, 1, 0x6B, 0x30, 7,
                0x12, 8, 0x12, 6, 0x0A, 1, 0x6B, 0x12, 1, 0x76,
                0x12, 5, 0x1A, 3, 0x0A, 1, 0x64,
                0x1A, 5, 0x0A, 3, 0x0A, 1, 0x6B,
            ])
    }

    @Test func responsesAreDecodedAndUnknownFieldsSkipped() throws {
        let event: [UInt8] = [0x08, 1, 0x12, 7, 0x0A, 1, 0x6B, 0x18, 9, 0x20, 3]
        let response = try WatchResponse(
            decoding: ([0x0A, 4, 0x08, 1, 0x18, 12, 0x10, 0, 0x18, 1, 0x5A, UInt8(event.count)] + event
                + [0x78, 1, 0x7D, 1, 2, 3, 4])[...])
        #expect(response.header.revision == 12 && response.isCreated && !response.isCanceled)
        #expect(response.events.count == 1 && response.events[0].isDeletion)
        #expect(response.events[0].version.key == [0x6B] && response.events[0].version.modRevision == 9)
    }

    /// Whatever a member sends, it is a message or an error.
    @Test func damagedResponsesAreErrorsAndNoCrash() {
        var random = SystemRandomNumberGenerator()
        let whole: [UInt8] = [
            0x0A, 4, 0x08, 1, 0x18, 12, 0x12, 9, 0x0A, 1, 0x6B, 0x18, 9, 0x2A, 2, 0x76, 0x76, 0x18, 1,
        ]
        #expect((try? RangeResponse(decoding: whole[...]))?.values.first?.value == [0x76, 0x76])
        for length in 0..<whole.count { _ = try? RangeResponse(decoding: whole[..<length]) }
        for _ in 0..<20_000 {
            var bytes = whole
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] = .random(in: 0...255, using: &random)
            }
            _ = try? RangeResponse(decoding: bytes[...])
            _ = try? TxnResponse(decoding: bytes[...])
            _ = try? WatchResponse(decoding: bytes[...])
        }
        // Lengths beyond the end, and beyond all numbers.
        #expect(throws: WireError.self) {
            try RangeResponse(decoding: [0x0A, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F])
        }
        #expect(throws: WireError.self) { try RangeResponse(decoding: [0x0A, 5, 1]) }
    }
}
