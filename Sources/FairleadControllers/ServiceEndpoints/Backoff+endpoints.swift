import FairleadClient

extension Backoff {
    /// 0.1 s … 1000 s, Kubernetes' own pace for endpoints: a pod on a missing node is not looked for every few
    /// milliseconds.
    static let endpoints = Backoff(first: .milliseconds(100), maximum: .seconds(1000))
}
