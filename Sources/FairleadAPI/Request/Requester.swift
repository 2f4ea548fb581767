package import FairleadModel

/// On whose behalf a write is made.
package struct Requester: Sendable {
    package var user: UserInfo
    /// What admission has to say about the request.
    package let notes: AdmissionNotes
    /// The name in the path of the request; "" for a POST.
    package var pathName = ""
    /// Whether this is a part of this program, which is not held to what guards against others.
    package var isComponent = false

    package init(_ user: UserInfo, notes: AdmissionNotes = AdmissionNotes()) {
        self.user = user
        self.notes = notes
    }
}
