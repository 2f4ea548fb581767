package import FairleadClient
package import FairleadModel

/// Executes an `OwnershipClaim`.
package struct OwnershipWriter: Sendable {
    let client: any ObjectClient
    let ownerResource: GroupVersionResource
    let ownedResource: GroupVersionResource
    let ownerKind: String
    /// Added to adopted objects along with their owner.
    let finalizer: String?

    package init(
        client: any ObjectClient, ownerResource: GroupVersionResource, ownedResource: GroupVersionResource,
        ownerKind: String, finalizer: String? = nil
    ) {
        self.client = client
        self.ownerResource = ownerResource
        self.ownedResource = ownedResource
        self.ownerKind = ownerKind
        self.finalizer = finalizer
    }

    /// Adopts and releases objects according to the owner's selector, and returns what the owner controls afterwards.
    /// - Parameter isMeant: whether an object may be adopted or released at all.
    package func settle(
        _ owner: StoredObject, _ selector: LabelSelector, in lister: Lister,
        where isMeant: (StoredObject) -> Bool = { _ in true }
    ) async throws(APIStatus) -> [Value] {
        let candidates = OwnershipIndex.candidates(of: owner, in: lister).filter(isMeant)
        let claim = OwnershipClaim(owner: owner.value, selector: selector, candidates: candidates)
        return try await settle(claim, owner: owner.value)
    }

    /// Before anything is adopted, the owner is read from the server: the cache may still show an owner that has been
    /// deleted, and its orphans must not be taken back.
    private func settle(_ claim: OwnershipClaim, owner: Value) async throws(APIStatus) -> [Value] {
        var owned = claim.owned.map(\.value)
        if !claim.adopted.isEmpty {
            let fresh = try await client.get(ownerResource, namespace: owner.namespace, name: owner.name)
            guard fresh.uid == owner.uid, fresh.deletionTimestamp == nil else { return owned }
            for object in claim.adopted {
                let patch = OwnershipPatch.adopt(
                    object.value, by: owner, kind: ownerKind, apiVersion: ownerResource.apiVersion,
                    finalizer: finalizer)
                if let adopted = try await apply(patch, to: object) { owned.append(adopted) }
            }
        }
        for object in claim.released {
            _ = try await apply(OwnershipPatch.release(object.value, from: [owner.uid]), to: object)
        }
        return owned
    }

    /// Nil if the object is gone.
    private func apply(_ patch: Value, to object: StoredObject) async throws(APIStatus) -> Value? {
        try await ignoringNotFound(
            await client.patch(ownedResource, namespace: object.key.namespace, name: object.key.name, patch))
    }
}
