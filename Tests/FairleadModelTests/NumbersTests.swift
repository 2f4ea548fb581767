import FairleadModel
import Testing

@Suite struct SaturatingArithmeticTests {
    @Test func sumsAndProductsStopAtTheEnds() {
        let (least, most) = (Int64.min, Int64.max)
        #expect([most +| 1, least +| -1, 2 +| 3] == [most, least, 5])
        #expect([least -| 1, most -| -1, 0 -| least, 2 -| 3] == [least, most, most, -1])
        #expect([most *| 2, most *| -2, least *| -1, 2 *| -3] == [most, least, most, -6])
        #expect([UInt16.max +| 1, UInt16(1) -| 2, UInt16(300) *| 300] == [.max, 0, .max])
        #expect([Int64.max, 1, 1].saturatingSum() == .max && [Int64]().saturatingSum() == 0)
        let productsFirst = [2 *| 3 +| 4, 2 +| 3 *| 4]
        #expect(productsFirst == [10, 14])
    }

    @Test(
        arguments: [
            (.infinity, .max), (-.infinity, .min), (.nan, 0), (1e300, .max), (-1e19, .min), (1.9, 1), (-1.9, -1),
            (9.3e18, .max),
        ] as [(Double, Int64)])
    func conversionsFromFloatsAreCut(number: Double, whole: Int64) { #expect(Int64(saturating: number) == whole) }

    @Test func durationsOfAnyNumberOfSecondsExist() {
        #expect(Duration.seconds(saturating: .infinity) == Duration.seconds(saturating: 1e300))
        #expect(Duration.seconds(saturating: -.infinity) < .zero && Duration.seconds(saturating: .nan) == .zero)
        #expect(Duration.seconds(saturating: 1.5) == .milliseconds(1500))
    }
}

@Suite struct IntOrStringTests {
    @Test(
        arguments: [
            (3, 10, 3, 3), ("25%", 10, 3, 2), ("0%", 10, 0, 0), ("100%", 7, 7, 7), ("1%", 0, 0, 0),
            ("9223372036854775807%", 10, 2_147_483_647, 2_147_483_647),
            ("99999999999999999999999%", 1, 2_147_483_647, 2_147_483_647), ("200%", 3, 6, 6),
            ("50%", 9_223_372_036_854_775_807, 2_147_483_647, 2_147_483_647), (-1, 10, -1, -1),
            (9_223_372_036_854_775_807, 10, 2_147_483_647, 2_147_483_647),
        ] as [(Value, Int64, Int64, Int64)])
    func scalesUpAndDown(value: Value, total: Int64, up: Int64, down: Int64) throws {
        let number = try #require(IntOrString(value))
        #expect(number.scaled(to: total, roundingUp: true) == up)
        #expect(number.scaled(to: total, roundingUp: false) == down)
    }

    @Test(arguments: ["", "%", "-1%", "+1%", "1", "1.5%", "x%", "1%%", .double(1.5), true] as [Value])
    func isNothingElse(value: Value) { #expect(IntOrString(value) == nil) }
}
