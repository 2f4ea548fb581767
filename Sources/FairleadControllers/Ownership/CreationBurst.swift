package import FairleadModel

/// How many pods a controller creates in one pass, however many are missing.
///
/// Kubernetes has the same limit; in total, it is limited by the rate of its clients (20 requests a second). Here the
/// pods themselves are the limit: while thousands of an owner's pods are waiting for a node, no more are created.
package enum CreationBurst {
    package static let size = 500
    static let mostWaiting = 5000

    /// - Parameter pods: the existing active pods.
    package static func allowed(missing: Int, pods: some Collection<Value>) -> Int {
        allowed(missing: missing, of: pods.count) { pods.count { PodView($0).nodeName.isEmpty } }
    }

    /// - Parameter waiting: how many of the existing active pods have no node.
    static func allowed(missing: Int, of count: Int, waiting: () -> Int) -> Int {
        let allowed = max(0, min(missing, size))
        // Counting costs something, and most owners have few pods.
        if count < mostWaiting { return allowed }
        return max(0, min(allowed, mostWaiting -| waiting()))
    }

    /// The message of the event about an owner that gets no pods for this reason.
    static let message = "\(mostWaiting) pods wait for a node: more are created when some of them have found one"
}
