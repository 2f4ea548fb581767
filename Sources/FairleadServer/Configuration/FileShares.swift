import FairleadHTTP

/// How the process's limit of open files is shared. What is left is for connections of the API.
struct FileShares {
    let dnsConnections: Int
    let dnsForwards: Int

    var dns: Int { dnsConnections + dnsForwards }

    /// - Parameter limit: the limit of the whole process.
    init(limit: Int) {
        dnsConnections = min(512, max(4, limit / 8))
        dnsForwards = min(256, max(4, limit / 8))
    }

    static var current: FileShares { FileShares(limit: FileLimit.raise()) }
}
