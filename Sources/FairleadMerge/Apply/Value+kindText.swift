package import FairleadModel

extension Value {
    /// `group/version, Kind=Kind`, as messages about an application name what an object is; the core group is empty.
    package var kindText: String { (apiVersion.contains("/") ? apiVersion : "/" + apiVersion) + ", Kind=" + kind }
}
