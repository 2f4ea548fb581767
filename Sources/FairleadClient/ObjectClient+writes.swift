package import FairleadModel

/// The result of the call; nil if its object does not exist (404).
///
/// For operations on objects that may have been deleted meanwhile: the cache will learn of the deletion by itself.
///
/// - Parameter orChanged: also ignores a refusal because the object has changed (409): it may be a new object of that
///   name, or somebody else was faster. The change event tells if there is more to do.
@discardableResult
package func ignoringNotFound<Result>(
    orChanged: Bool = false, _ call: @autoclosure () async throws(APIStatus) -> Result
) async throws(APIStatus) -> Result? {
    do {
        return try await call()
    } catch {
        if error.code == 404 || orChanged && error.code == 409 { return nil }
        throw error
    }
}

extension ObjectClient {
    /// Writes the object's status if it differs from the current one. A missing status counts as an empty one.
    /// - Returns: false if the object no longer exists.
    @discardableResult
    package func updateStatus(
        _ resource: GroupVersionResource, of object: Value, to status: Value
    ) async throws(APIStatus) -> Bool {
        guard object["status"] ?? .object(Object()) != status else { return true }
        var changed = object
        changed["status"] = status
        return try await ignoringNotFound(await update(resource, changed, subresource: "status")) != nil
    }
}
