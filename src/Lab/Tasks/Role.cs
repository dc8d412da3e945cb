namespace Heartwood.Lab.Tasks;

/// <summary>What data is for.</summary>
public enum Role
{
    /// <summary>to learn on: masks, weights, baselines, means of ablated parts</summary>
    Train,

    /// <summary>to measure on, as in training</summary>
    InDomain,

    /// <summary>to measure on, unlike training, of constructions that occur in it</summary>
    OutOfDomain,

    /// <summary>to measure on, unlike training, of constructions that do not occur in it</summary>
    Unseen,

    /// <summary>to choose by which of several subnetworks is written: measured for that alone and reported nowhere</summary>
    Choosing,
}
