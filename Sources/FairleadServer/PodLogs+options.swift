import FairleadAPI
import FairleadModel
import FairleadSimulation

extension PodLogs.Options {
    /// Converts the API's options to those of the simulation.
    init(_ options: PodLogOptions, now: Timestamp) {
        self.init()
        since = options.sinceTime ?? options.sinceSeconds.map { now.adding(seconds: -Double($0)) }
        tail = options.tailLines
        showsTimestamps = options.showsTimestamps
        isPrevious = options.isPrevious
    }
}
