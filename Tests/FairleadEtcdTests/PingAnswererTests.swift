import NIOCore
import NIOEmbedded
import Testing

@testable import FairleadEtcd

@Suite struct PingAnswererTests {
    private func frame(_ type: UInt8, flags: UInt8 = 0, _ payload: [UInt8]) -> [UInt8] {
        [0, UInt8(payload.count >> 8), UInt8(payload.count & 0xFF), type, flags, 0, 0, 0, 1] + payload
    }

    /// However the bytes arrive: pings are answered and gone, and everything else comes through as it was.
    @Test(arguments: [1, 2, 8, 9, 10, 16, 17, 18, 50, 5000])
    func pingsAreAnsweredAndNothingElseIsTouched(size: Int) throws {
        let ping = frame(6, Array(1...8))
        let others = [
            frame(4, []), frame(0, Array(repeating: 6, count: 700)), frame(6, flags: 1, Array(1...8)), frame(1, [6]),
            frame(8, [0, 0, 0, 6]),
        ]
        let input = ping + others[0] + ping + ping + others[1] + others[2] + others[3] + ping + others[4] + ping
        let channel = EmbeddedChannel(handler: PingAnswerer())
        var place = 0
        while place < input.count {
            let part = input[place..<min(place + size, input.count)]
            try channel.writeInbound(ByteBuffer(bytes: part))
            place += part.count
        }
        var passed: [UInt8] = []
        while let buffer = try channel.readInbound(as: ByteBuffer.self) { passed += buffer.readableBytesView }
        var answered: [UInt8] = []
        while let buffer = try channel.readOutbound(as: ByteBuffer.self) { answered += buffer.readableBytesView }
        #expect(passed == others.flatMap { $0 })
        #expect(answered == Array(repeating: frame(6, flags: 1, Array(1...8)), count: 5).flatMap { $0 })
        _ = try channel.finish()
    }
}
