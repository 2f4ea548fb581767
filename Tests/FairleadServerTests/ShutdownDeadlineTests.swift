import Dispatch
import FairleadClientTesting
import Foundation
import Logging
import Synchronization
import Testing

@testable import FairleadServer

@Suite(.timeLimit(.minutes(1)))
struct ShutdownDeadlineTests {
    /// If more signals put it off, it would never come.
    @Test func theEndComesAfterTheFirstSignalWhateverFollows() async {
        final class Ends: Sendable { let count = Atomic(0) }
        let ends = Ends()
        let deadline = ShutdownDeadline(
            .milliseconds(200), signals: [SIGUSR1, SIGUSR2], logger: Logger(label: "test"), unwritten: { 0 }
        ) { ends.count.add(1, ordering: .relaxed) }
        let hasEnded = await eventually {
            kill(getpid(), SIGUSR1)
            kill(getpid(), SIGUSR2)
            return ends.count.load(ordering: .relaxed) > 0
        }
        #expect(hasEnded)
        withExtendedLifetime(deadline) {}
    }
}
