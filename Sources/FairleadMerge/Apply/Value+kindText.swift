package import FairleadModel

extension Value {
    /// `group/version, Kind=Kind`, the form used in messages about an apply; the core group is empty.
    package var kindText: String { (apiVersion.contains("/") ? apiVersion : "/" + apiVersion) + ", Kind=" + kind }
}
