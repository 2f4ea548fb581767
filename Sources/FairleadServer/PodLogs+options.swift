import FairleadAPI
import FairleadModel
import FairleadSimulation

extension PodLogs.Options {
    /// What the API was asked for, in the words of the simulation.
    init(_ options: PodLogOptions, now: Timestamp) {
        self.init()
        since = options.sinceTime ?? options.sinceSeconds.map { now.adding(seconds: -Double($0)) }
        tail = options.tailLines
        showsTimestamps = options.showsTimestamps
        isPrevious = options.isPrevious
    }
}
