import FairleadClient

extension Backoff {
    /// 0.1 s … 1000 s, Kubernetes' own backoff for endpoints: a pod on a missing node is not retried every few
    /// milliseconds.
    static let endpoints = Backoff(first: .milliseconds(100), maximum: .seconds(1000))
}
