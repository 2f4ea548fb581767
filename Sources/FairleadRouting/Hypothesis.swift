package import FairleadModel

/// A what-if change: `pod/default/web-1=NotReady`, `node/node-1=Down`.
package struct Hypothesis: Hashable, Sendable {
    package enum Change: String, Hashable, Sendable, CaseIterable {
        /// For a pod: its endpoints are not ready. For a node: those of its pods, once the cluster has noticed.
        case notReady = "NotReady"
        case ready = "Ready"
        /// The pod is being deleted and still serves.
        case terminating = "Terminating"
        /// The pod no longer exists.
        case gone = "Gone"
        /// The node does not respond: its pods are not ready, and no balancer sends packets to it.
        case down = "Down"
    }

    package enum Subject: Hashable, Sendable {
        case pod(ObjectName)
        case node(String)
    }

    package let subject: Subject
    package let change: Change

    /// nil if the text is not a hypothesis.
    package init?(_ text: String) {
        let sides = text.split(separator: "=", omittingEmptySubsequences: false)
        guard sides.count == 2, let change = Change(rawValue: String(sides[1])) else { return nil }
        let words = sides[0].split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard !words.contains("") else { return nil }
        switch (words.first, words.count) {
        case ("pod", 3) where change != .down:
            subject = .pod(ObjectName(namespace: words[1], name: words[2]))
        case ("node", 2) where change != .terminating && change != .gone: subject = .node(words[1])
        default: return nil
        }
        self.change = change
    }
}

extension RoutingTable {
    /// Changes the table to what it would be, with the endpoints that their controller would then publish.
    package mutating func suppose(_ hypothesis: Hypothesis) {
        switch hypothesis.subject {
        case .pod(let name):
            changeEndpoints(hypothesis.change) { $0.pod == name }
            if hypothesis.change == .gone { removePod(name) }
        case .node(let name):
            changeEndpoints(hypothesis.change == .ready ? .ready : .notReady) { $0.nodeName == name }
            setReadiness(of: name, hypothesis.change == .ready)
        }
    }
}
