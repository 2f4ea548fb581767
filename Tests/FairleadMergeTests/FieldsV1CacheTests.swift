import Testing

@testable import FairleadMerge

@Suite struct FieldsV1CacheTests {
    /// More different sets than it keeps, each of them twice, so that what was kept and what was dropped are both seen.
    @Test func keptTreesAreThoseOfTheirSets() {
        let cache = FieldsV1Cache()
        for _ in 0..<2 {
            for number in 0..<400 {
                let set = FieldSet([
                    [.field("metadata"), .field("labels"), .field("l\(number)")],
                    [.field("spec")], [.field("spec"), .field("f\(number / 3)")],
                    [.field("status"), .field("list"), .value(.int(Int64(number)))],
                ])
                #expect(cache.fieldsV1(set) == set.fieldsV1)
                #expect(FieldSet(fieldsV1: cache.fieldsV1(set)) == set)
            }
        }
    }
}
