import Dispatch
import Foundation

/// Ends this process like SIGTERM when the one that started it has gone. Test kits start their servers in a process
/// group of their own, so that a signal to a suite does not reach them.
///
/// It asks from time to time: `PR_SET_PDEATHSIG` would tell of the end of a *thread* of the parent, and Go and the JVM
/// start programs from threads that come and go.
final class ParentWatch {
    private let timer: any DispatchSourceTimer

    init() {
        let parent = getppid()
        timer = DispatchSource.makeTimerSource(queue: .global())
        // One whose parent is the first process of its machine or container has nobody to lose.
        if parent > 1 {
            timer.schedule(
                deadline: .now() + .milliseconds(500), repeating: .milliseconds(500), leeway: .milliseconds(100))
            timer.setEventHandler { if getppid() != parent { kill(getpid(), SIGTERM) } }
        }
        timer.activate()
    }

    deinit { timer.cancel() }
}
