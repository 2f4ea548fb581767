package import FairleadModel

/// What the call returns; nil if its object is not there (404).
///
/// For what is done about objects that may have gone meanwhile: that they are gone is on its way to the cache.
///
/// - Parameter orChanged: a refusal because the object has changed (409) counts as well: it is another one by now, or
///   somebody else was quicker, and the change tells if there is more to do.
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
    /// Writes the object's status if it is another than the object has. No status at all is an empty one.
    /// - Returns: false if the object is not there any more.
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
