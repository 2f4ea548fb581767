package import FairleadModel

/// How many pods a controller makes in one pass, however many are missing.
///
/// Kubernetes bounds them the same way; what bounds them in total there is the pace of its clients (20 requests a
/// second). Here it is the pods themselves: while thousands of one owner have found no node, no more are made.
package enum CreationBurst {
    package static let size = 500
    static let mostWaiting = 5000

    /// - Parameter pods: the active ones that are there.
    package static func allowed(missing: Int, pods: some Collection<Value>) -> Int {
        let allowed = max(0, min(missing, size))
        // Counting costs something, and most owners have few pods.
        if pods.count < mostWaiting { return allowed }
        let waiting = pods.count { PodView($0).nodeName.isEmpty }
        return max(0, min(allowed, mostWaiting -| waiting))
    }

    /// What to tell of the owner when nothing is made because of that.
    static let message = "\(mostWaiting) pods wait for a node: more are created when some of them have found one"
}
