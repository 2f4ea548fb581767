/// What this program calls itself.
package enum FairleadVersion {
    package static let current = "0.1.0"
    /// The Kubernetes release whose behaviour is shown.
    package static let kubernetes = "v1.36.2"
}
