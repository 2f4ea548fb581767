import FairleadMetrics
import Testing

struct LabelVocabularyTests {
    @Test func namesBeyondTheRoomShareALabel() {
        let names = LabelVocabulary(capacity: 2)
        #expect(["a", "b", "a", "c", "b", "d"].map(names.label) == ["a", "b", "a", "other", "b", "other"])
    }
}
