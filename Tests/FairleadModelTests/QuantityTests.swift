import FairleadModel
import FairleadRandomTesting
import Testing

@Suite struct QuantityTests {
    /// The second is what Kubernetes prints: some spellings are kept, the others become canonical.
    @Test(arguments: [
        ("0", "0"), ("100m", "100m"), ("1000m", "1"), ("1.5", "1500m"), ("1.5Gi", "1536Mi"), ("0.5Ki", "512"),
        ("1024Ki", "1Mi"), ("1025Ki", "1025Ki"), ("1e3", "1e3"), ("12e6", "12e6"), ("1500", "1500"), ("1000", "1k"),
        ("0.1n", "1n"), ("-1.5", "-1500m"), ("+2", "+2"), (".5", "500m"), ("1.", "1."), ("2G", "2G"),
        ("0.1Mi", "104857600m"), ("1E", "1E"), ("1E3", "1E3"), ("1023", "1023"), ("1.234", "1.234"), ("12E6", "12E6"),
        ("3.001n", "4n"), ("1.1E-9", "2e-9"), ("0.00000012354", "124n"), ("0.000000000001Ki", "2n"), ("1.G", "1.G"),
        ("1e-1000000", "1e-9"), (".", "0"), ("Gi", "0"), ("-", "0"), ("e3", "0"), ("0e999999999999", "0"),
    ])
    func printsAsKubernetes(text: String, printed: String) throws {
        let quantity = try #require(Quantity(text))
        #expect(quantity.description == printed)
        #expect(Quantity(printed) == quantity)
    }

    @Test(arguments: [
        ("9223372036854775808", "9223372036854775808"), ("-9223372036854775809", "-9223372036854775809"),
        ("100000000000000000000", "100E"), ("123456789123456789123", "123456789123456789123"), ("12E", "12E"),
        ("999999999999999999999999999999E", "999999999999999999999999999999E"), ("1e18", "1e18"), ("1e20", "100e18"),
        ("1e999", "1e999"), ("1000E", "1e21"), ("9E", "9E"),
        // Only binary suffixes are cut.
        ("8Ei", "9223372036854775807"), ("9Ei", "9223372036854775807"), ("-16Ei", "-9223372036854775807"),
        ("9223372036854775807Ki", "9223372036854775807"),
        ("99999999999999999999999999999999999999999Ki", "9223372036854775807"),
        ("170141183460469231731687303716", "170141183460469231731687303716"),
        ("170141183460469231731687303715.884105728", "170141183460469231731687303715884105728n"),
        ("1234567890.1234567891Ei", "9223372036854775807"), ("0.12345678901234567890123456789Ki", "126419751949n"),
    ])
    func keepsHugeAmountsExactly(text: String, printed: String) throws {
        let quantity = try #require(Quantity(text))
        #expect(quantity.description == printed)
        #expect(Quantity(printed) == quantity)
    }

    @Test(arguments: ["", "x", "1x", "1 ", "1.2.3", "aoeu", "1+1.0M", "1.1.M"])
    func refusesWhatDoesNotMatchThePattern(text: String) {
        #expect(throws: QuantityError.format) { try Quantity(parsing: text) }
    }

    @Test(arguments: [
        "--1", "1ki", "1e", "0.1mi", ".5i", "1i", "-3.01e-", "1e99999999999999999999", "1e1000000", "1Eig",
    ])
    func refusesUnknownSuffixesAndEndlessPowers(text: String) {
        #expect(Quantity(text) == nil)
    }

    @Test func countsExactly() throws {
        let sum = try #require(Quantity("100m")) + #require(Quantity("0.9"))
        #expect(sum.description == "1" && sum.milliValue == 1000 && sum.isWhole)
        #expect(try #require(Quantity("1Gi")) > #require(Quantity("1G")))
        #expect(Quantity("1100m")?.value == 2 && Quantity("1100m")?.isWhole == false)
    }

    @Test(arguments: [
        ("500u", "1m"), ("-500u", "-1m"), ("1.2345", "1235m"), ("1.234", "1.234"), ("1n", "1m"), ("1Gi", "1Gi"),
        ("170141183460469231731687303715.884105727", "170141183460469231731687303715885m"), ("1e999", "1e999"),
        ("99999999999999999999999999999999999.0001", "99999999999999999999999999999999999001m"),
    ])
    func resourceListsHaveThousandthsAtMost(text: String, rounded: String) throws {
        #expect(try #require(Quantity(text)).inWholeMilli.description == rounded)
    }

    @Test func sumsOfHugeAmountsDoNotOverflow() throws {
        let half = try #require(Quantity("5Ei"))
        #expect((half + half).description == "10Ei" && (half + half).value == .max)
        let large = try #require(Quantity("1e999"))
        #expect((large + large).description == "2e999" && (large - large).isZero)
        #expect((large + Quantity(1) - large) == Quantity(1))
        #expect((Quantity(1) - large).value == .min && (Quantity(1) - large).isNegative)
        #expect(large.milliValue == .max && large.isWhole && (large + Quantity(milli: 1)).isWhole == false)
        let edge = try #require(Quantity("170141183460469231731687303715884105727n"))
        #expect((edge + Quantity(1) - Quantity(1)) == edge)
        let nano = try #require(Quantity("1n"))
        #expect((Quantity(0) - edge - nano).description == "-170141183460469231731687303715884105728n")
    }

    @Test func comparesAmountsOfAllSizes() throws {
        let rising = ["-1e999", "-1e998", "-9Ei", "-1", "-1n", "0", "1n", "1", "8Ei", "9.3E", "1e29", "1e30", "1e999"]
        let amounts = try rising.map { try #require(Quantity($0)) }
        for (index, amount) in amounts.enumerated() {
            for (other, right) in amounts.enumerated() {
                #expect((amount < right) == (index < other) && (amount == right) == (index == other))
            }
        }
    }

    /// Sums near the end of 128 bits go through the digits and come back.
    @Test(arguments: [1, 2, 3] as [UInt64])
    func additionIsUndoneBySubtraction(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        func some() throws -> Quantity {
            let digits = (0..<random.below(45) + 1).map { _ in String(random.below(10)) }.joined()
            return try #require(Quantity((random.below(2) == 0 ? "-" : "") + digits + "n"))
        }
        for _ in 0..<2000 {
            let (one, other) = (try some(), try some())
            let sum = one + other
            #expect(sum - other == one && sum - one == other && sum == other + one)
            #expect((one < sum) == (Quantity(0) < other))
            #expect(Quantity(sum.description) == sum)
        }
    }
}
