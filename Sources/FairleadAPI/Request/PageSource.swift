/// Answers requests that are not about objects.
package protocol PageSource: Sendable {
    /// nil if the path is not one of its pages.
    func respond(to request: APIRequest) -> APIResponse?
}

/// No pages at all.
package struct NoPages: PageSource {
    package init() {}

    package func respond(to request: APIRequest) -> APIResponse? { nil }
}
