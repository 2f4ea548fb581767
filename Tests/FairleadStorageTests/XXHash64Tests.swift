import Testing

@testable import FairleadStorage

@Suite struct XXHash64Tests {
    /// Of the reference implementation; the last one has every kind of rest.
    @Test func agreesWithTheReference() {
        func hash(_ bytes: [UInt8], seed: UInt64 = 0) -> UInt64 {
            bytes.withUnsafeBytes { XXHash64.hash($0, seed: seed) }
        }
        #expect(hash([]) == 0xEF46_DB37_51D8_E999)
        #expect(hash(Array("a".utf8)) == 0xD24E_C4F1_A98C_6E5B)
        #expect(hash(Array("abc".utf8)) == 0x44BC_2CF5_AD77_0999)
        #expect(hash(Array("Nobody inspects the spammish repetition".utf8)) == 0xFBCE_A83C_8A37_8BF1)
        #expect(hash(Array(0...100), seed: 7) == 0xE878_E979_1DBC_64FA)
    }
}
