import FairleadApplets
import FairleadContainers

extension Applets {
    /// All applets by their names: the utilities, and those that live here.
    static let all: [String: any Program] = {
        var all = utilities
        for group in [printing, environment, files, copying, listing, running] {
            for (name, applet) in group { all[name] = applet }
        }
        return all
    }()
}
