namespace Heartwood.Tensors;

/// <summary>
/// Numbers with a shape, row-major, float32. Operations return new tensors; those that depend on a tracked tensor
/// remember how they were made, so that <see cref="Differentiation.Gradients"/> can go back.
/// </summary>
public sealed class Tensor
{
    readonly Block block;

    Tensor(Shape shape, Block block) => (Shape, this.block) = (shape, block);

    /// <summary>The lengths of the axes.</summary>
    public Shape Shape { get; }

    /// <summary>Number of values.</summary>
    public int Count => Shape.Count;

    /// <summary>How this tensor was made, where a tracked tensor was involved.</summary>
    internal Origin? Origin { get; set; }

    /// <summary>Whether gradients with respect to this tensor can be asked for.</summary>
    public bool Tracked { get; internal set; }

    /// <summary>
    /// This matrix as the right side of matrix products, arranged for a backend's kernels; made once for weights at rest.
    /// </summary>
    internal PackedMatrices? Packed { get; set; }

    /// <summary>Grows with every <see cref="Change"/> of these values, through whichever tensor shares them.</summary>
    internal int Version => block.Version;

    /// <summary>The values, row-major.</summary>
    public ReadOnlySpan<float> Values => Writable;

    /// <summary>The only value of a tensor that holds one.</summary>
    /// <exception cref="ShapeException">the tensor holds more or fewer</exception>
    public float Item => Count == 1 ? Values[0] : throw new ShapeException($"A single number was expected, the tensor is {Shape}.");

    /// <summary>One value, by its place along every axis; a negative place counts from the end.</summary>
    /// <exception cref="ShapeException">there are more or fewer places than axes, or no such place</exception>
    [System.Runtime.CompilerServices.IndexerName("At")]
    public float this[params ReadOnlySpan<int> at]
    {
        get
        {
            int place = 0;
            bool inside = at.Length == Shape.Rank;
            for (int axis = 0; inside && axis < at.Length; axis++)
            {
                int length = Shape[axis], here = at[axis] < 0 ? at[axis] + length : at[axis];
                inside = (uint)here < (uint)length;
                place = place * length + here;
            }
            return inside ? Values[place] : throw new ShapeException($"{Shape} has no value at [{string.Join(", ", at.ToArray())}].");
        }
    }

    internal Span<float> Writable => block.Values[..Count];

    /// <summary>The memory, which other tensors may share.</summary>
    internal Block Block => block;

    /// <summary>Whether the memory belongs to the garbage collector, so that the tensor outlives every scope.</summary>
    internal bool AtRest => !block.Lent;

    /// <summary>A tensor of unset values, to be filled by the caller.</summary>
    internal static Tensor Unset(Shape shape) => new(shape, Scope.Lend(shape.Count));

    /// <summary>
    /// A tensor of zeros that belongs to the garbage collector and outlives every scope: weights, moments, packed matrices.
    /// </summary>
    public static Tensor Lasting(params ReadOnlySpan<int> axes)
    {
        Shape shape = new(axes);
        Tensor made = new(shape, new Block(shape.Count));
        made.Writable.Clear();
        return made;
    }

    /// <summary>A tensor of zeros.</summary>
    public static Tensor Zeros(params ReadOnlySpan<int> axes) => Filled(0, new(axes));

    /// <summary>A tensor of ones.</summary>
    public static Tensor Ones(params ReadOnlySpan<int> axes) => Filled(1, new(axes));

    /// <summary>A tensor with one value everywhere.</summary>
    public static Tensor Filled(float value, Shape shape)
    {
        Tensor made = Unset(shape);
        made.Writable.Fill(value);
        return made;
    }

    /// <summary>A tensor of these values, copied.</summary>
    /// <exception cref="ShapeException">the number of values is not the shape's</exception>
    public static Tensor From(ReadOnlySpan<float> values, params ReadOnlySpan<int> axes)
    {
        Tensor made = Unset(new(axes));
        if (values.Length != made.Count) throw new ShapeException($"{made.Shape} holds {made.Count} values, {values.Length} were given.");
        values.CopyTo(made.Writable);
        return made;
    }

    /// <summary>A tensor of independent normal numbers.</summary>
    /// <param name="chance">which numbers; value i is the one at index i</param>
    /// <param name="deviation">standard deviation; the mean is 0</param>
    /// <param name="axes">lengths of the axes</param>
    public static Tensor Normal(Chance chance, float deviation, params ReadOnlySpan<int> axes)
    {
        Tensor made = Unset(new(axes));
        Span<float> values = made.Writable;
        for (int i = 0; i < values.Length; i++) values[i] = deviation * chance.Normal(i);
        return made;
    }

    /// <summary>Marks a leaf as one whose gradient may be asked for; the operations that follow remember their way back to it.</summary>
    public Tensor Track()
    {
        Tracked = true;
        return this;
    }

    /// <summary>The same values without their history.</summary>
    public Tensor Detach() => new(Shape, block) { Packed = Packed };

    /// <summary>
    /// Lets the memory outlive the piece of a pass that made it (<see cref="Scope.Within"/>), as gradients do with what they need.
    /// </summary>
    public Tensor Stay()
    {
        block.Stays = true;
        return this;
    }

    /// <summary>A copy, without history, that belongs to the scope around the current one.</summary>
    public Tensor Keep()
    {
        Tensor copy = new(Shape, Scope.LendOutside(Count));
        Values.CopyTo(copy.Writable);
        return copy;
    }

    /// <summary>A copy, without history, that belongs to the garbage collector and outlives every scope.</summary>
    public Tensor KeepForever()
    {
        Tensor copy = new(Shape, new Block(Count));
        Values.CopyTo(copy.Writable);
        return copy;
    }

    /// <summary>The same values under another shape with as many of them (the memory is shared).</summary>
    /// <exception cref="ShapeException">the counts differ</exception>
    public Tensor As(params ReadOnlySpan<int> axes)
    {
        Shape shape = new(axes), was = Shape;
        if (shape.Count != Count) throw new ShapeException($"{was} holds {Count} values and cannot be read as {shape}.");
        return Differentiation.Record("as", new(shape, block), [], (this, g => g.As(was.Axes)));
    }

    /// <summary>The first rows, in the same memory: how a table that grows is read without a copy.</summary>
    /// <exception cref="ShapeException">there are fewer rows</exception>
    /// <exception cref="InvalidOperationException">the tensor is tracked; take its Slice</exception>
    public Tensor FirstRows(int rows)
    {
        if (Tracked) throw new InvalidOperationException("FirstRows shares memory without a gradient; take a Slice of what is tracked.");
        if (Shape.Rank == 0 || rows < 0 || rows > Shape[0]) throw new ShapeException($"{Shape} has no first {rows} rows.");
        return new(new([rows, .. Shape.Axes[1..]]), block);
    }

    /// <summary>
    /// Changes the values in place (an optimizer's step, a mask that is set); whatever was packed from them is packed anew when next
    /// needed.
    /// </summary>
    public Span<float> Change()
    {
        block.Version++;
        return Writable;
    }

    /// <summary>Sum with broadcasting.</summary>
    public static Tensor operator +(Tensor a, Tensor b) => a.Add(b);

    /// <summary>Difference with broadcasting.</summary>
    public static Tensor operator -(Tensor a, Tensor b) => a.Subtract(b);

    /// <summary>Product with broadcasting.</summary>
    public static Tensor operator *(Tensor a, Tensor b) => a.Multiply(b);

    /// <summary>Quotient with broadcasting.</summary>
    public static Tensor operator /(Tensor a, Tensor b) => a.Divide(b);

    /// <summary>Every value times a number.</summary>
    public static Tensor operator *(Tensor x, float by) => x.Affine(by, 0);

    /// <summary>Every value plus a number.</summary>
    public static Tensor operator +(Tensor x, float plus) => x.Affine(1, plus);

    /// <summary>A number minus every value.</summary>
    public static Tensor operator -(float from, Tensor x) => x.Affine(-1, from);
}
