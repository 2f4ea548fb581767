package import FairleadModel

/// The objects that tokens depend on, as they are now.
package protocol IdentityObjects: Sendable {
    func serviceAccount(namespace: String, name: String) -> Value?
    func secret(namespace: String, name: String) -> Value?
    func pod(namespace: String, name: String) -> Value?
    func node(name: String) -> Value?
}
