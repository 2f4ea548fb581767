import Crypto
import FairleadModel
import Testing

@testable import FairleadEncryption

/// The vectors that NaCl and the RFC publish.
struct SecretBoxTests {
    private static func bytes(_ hex: String) -> [UInt8] {
        let digits = hex.filter { !$0.isWhitespace }.map { UInt8($0.hexDigitValue ?? 0) }
        return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    }

    private static let key = bytes("1b27556473e985d462cd51197a9a46c76009549eac6474f206c4ee0844f68389")
    private static let nonce = bytes("69696ee955b62b73cd62bda875fc73d68219e0036b7a0b37")
    private static let clear = bytes(
        """
        be075fc53c81f2d5cf141316ebeb0c7b5228c52a4c62cbd44b66849b64244ffce5ecbaaf33bd751a1ac728d45e6c61296cdc3c01233561f4
        1db66cce314adb310e3be8250c46f06dceea3a7fa1348057e2f6556ad6b1318a024a838f21af1fde048977eb48f59ffd4924ca1c60902e52
        f0a089bc76897040e082f937763848645e0705
        """)
    private static let box = bytes(
        """
        f3ffc7703f9400e52a7dfb4b3d3305d98e993b9f48681273c29650ba32fc76ce48332ea7164d96a4476fb8c531a1186ac0dfc17c98dce87b
        4da7f011ec48c97271d2c20f9b928fe2270d6fb863d51738b48eeee314a7cc8ab932164548e526ae90224368517acfeabd6bb3732bc0e9da
        99832b61ca01b6de56244a9e88d5f9b37973f622a43d14a6599b1f654cb45a74e355a5
        """)

    /// NaCl 20110221, tests/secretbox.c.
    @Test func theVectorOfNaCl() {
        #expect(SecretBox.seal(Self.clear, key: Self.key, nonce: Self.nonce) == Self.box)
        #expect(SecretBox.open(Self.box[...], key: Self.key, nonce: Self.nonce) == Self.clear)
    }

    /// NaCl 20110221, tests/stream.c: four megabytes of the stream.
    @Test func aLongStream() {
        var stream = [UInt8](repeating: 0, count: 4 << 20)
        Salsa20Stream(key: Self.key, longNonce: Self.nonce).apply(to: &stream)
        #expect(
            Array(SHA256.hash(data: stream))
                == Self.bytes("662b9d0e3463029156069b12f918691a98f7dfb2ca0393c96bbfc6b1fbd630a2"))
    }

    /// RFC 8439, 2.5.2.
    @Test func theVectorOfPoly1305() {
        let tag = Poly1305.tag(
            of: Array("Cryptographic Forum Research Group".utf8)[...],
            key: Self.bytes("85d6be7857556d337f4452fe42d506a80103808afb0db2fd4abff6af4149f51b"))
        #expect(tag == Self.bytes("a8061dc1305136c6c22b8baf0c0127a9"))
    }

    /// RFC 8439, A.3, 7 to 11: where carries and the last reduction go wrong.
    @Test(arguments: [
        ("02", "ffffffffffffffffffffffffffffffff", "03"),
        (
            "01", "fffffffffffffffffffffffffffffffff0ffffffffffffffffffffffffffffff11000000000000000000000000000000",
            "05"
        ),
        (
            "01", "fffffffffffffffffffffffffffffffffbfefefefefefefefefefefefefefefe01010101010101010101010101010101",
            "00"
        ),
        ("02", "fdffffffffffffffffffffffffffffff", "faffffffffffffffffffffffffffffff"),
    ])
    func theEdgesOfPoly1305(r: String, message: String, tag: String) {
        func padded(_ hex: String, to count: Int) -> [UInt8] {
            let bytes = Self.bytes(hex)
            return bytes + [UInt8](repeating: 0, count: count - bytes.count)
        }
        let made = Poly1305.tag(of: Self.bytes(message)[...], key: padded(r, to: 32))
        #expect(made == padded(tag, to: 16))
    }

    @Test func everyChangeIsNoticed() {
        for place in stride(from: 0, to: Self.box.count, by: 7) {
            var box = Self.box
            box[place] ^= 0x20
            #expect(SecretBox.open(box[...], key: Self.key, nonce: Self.nonce) == nil)
        }
        #expect(SecretBox.open([], key: Self.key, nonce: Self.nonce) == nil)
        var key = Self.key
        key[31] ^= 1
        #expect(SecretBox.open(Self.box[...], key: key, nonce: Self.nonce) == nil)
    }

    @Test(arguments: [0, 1, 15, 16, 17, 31, 32, 33, 63, 64, 65, 1000, 40_000])
    func everyLength(count: Int) {
        let value = (0..<count).map { UInt8(truncatingIfNeeded: $0) }
        let box = SecretBox.seal(value, key: Self.key, nonce: Self.nonce)
        #expect(box.count == count + 16)
        #expect(SecretBox.open(box[...], key: Self.key, nonce: Self.nonce) == value)
    }
}
