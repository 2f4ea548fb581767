import FairleadClient
import FairleadClientTesting
import Testing

@Suite(.timeLimit(.minutes(1)))
struct ChangePacerTests {
    private let clock = ManualClock()

    private func look(_ pacer: ChangePacer<String>, _ key: String = "k", items: Int, taking: Duration = .zero) async {
        await pacer.pace(key, items: { items }) { clock.advance(by: taking) }
    }

    @Test func theFirstChangeAndAnyOfAFewThingsWaitForNothing() async {
        let pacer = ChangePacer<String>(clock: clock)
        #expect(pacer.delay(of: "k") == .zero)
        await look(pacer, items: 10, taking: .seconds(5))
        #expect(pacer.delay(of: "k") == .zero)
        await look(pacer, items: 1000)
        #expect(pacer.delay(of: "k") > .zero && pacer.delay(of: "other") == .zero)
    }

    @Test(arguments: [
        (items: 1010, taking: Duration.zero, delay: Duration.milliseconds(200)),
        (items: 5010, taking: .zero, delay: .seconds(1)),
        (items: 1010, taking: .milliseconds(200), delay: .milliseconds(400)),
        (items: 1010, taking: .seconds(60), delay: .seconds(5)),
    ])
    func theWaitGrowsWithWhatThereIsToLookAtAndWithTheTimeItTakes(
        items: Int, taking: Duration, delay: Duration
    ) async {
        let pacer = ChangePacer<String>(clock: clock)
        await look(pacer, items: items, taking: taking)
        #expect(pacer.delay(of: "k") == delay)
        clock.advance(by: delay / 2)
        #expect(pacer.delay(of: "k") == delay / 2)
        clock.advance(by: delay)
        #expect(pacer.delay(of: "k") == .zero)
    }

    /// Twenty looks of 0.1 s take 2 s: the last of their keys is not looked at again before 6 s have passed.
    @Test func manyKeysTogetherTakeNoMoreThanTheirShare() async {
        let pacer = ChangePacer<String>(clock: clock)
        for number in 1...20 { await look(pacer, "k\(number)", items: 1010, taking: .milliseconds(100)) }
        #expect(pacer.delay(of: "k20") == .seconds(4))
        #expect(pacer.delay(of: "k1") == .zero)
        clock.advance(by: .seconds(6))
        await look(pacer, items: 1010, taking: .milliseconds(100))
        #expect(pacer.delay(of: "k") == .milliseconds(200))
    }

    @Test func changesDuringALookWaitLikeThoseAfterIt() async {
        let pacer = ChangePacer<String>(clock: clock)
        await look(pacer, items: 1010)
        clock.advance(by: .seconds(1))
        await pacer.pace("k", items: { 1010 }) {
            #expect(pacer.delay(of: "k") == .milliseconds(200))
        }
    }

    @Test func whatHasShrunkIsForgotten() async {
        let pacer = ChangePacer<String>(clock: clock)
        await look(pacer, items: 1010)
        await look(pacer, items: 0)
        #expect(pacer.delay(of: "k") == .zero)
    }

    /// What is looked at while it fails is paced, too.
    @Test func aFailureCountsAsALook() async {
        struct Failure: Error {}
        let pacer = ChangePacer<String>(clock: clock)
        await #expect(throws: Failure.self) { try await pacer.pace("k", items: { 1010 }) { throw Failure() } }
        #expect(pacer.delay(of: "k") == .milliseconds(200))
    }
}
