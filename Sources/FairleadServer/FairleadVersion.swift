/// The versions that this program reports.
package enum FairleadVersion {
    package static let current = "0.1.0"
    /// The Kubernetes release whose behaviour is emulated.
    package static let kubernetes = "v1.36.2"
    /// The line that `fairlead version` prints.
    package static let text = "fairlead \(current) (Kubernetes \(kubernetes))"
}
