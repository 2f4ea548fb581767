import Testing

@testable import FairleadSchema

struct BuildDateTests {
    @Test(arguments: [
        ("Nov 29 2026 14:05:09", "2026-11-29T14:05:09Z"), ("Jan  2 2027 00:00:00", "2027-01-02T00:00:00Z"),
        ("", "1970-01-01T00:00:00Z"),
    ])
    func stampsOfTheCompilerBecomeTimes(_ stamp: String, _ expected: String) {
        #expect(BuildDate.text(of: stamp) == expected)
    }
}
