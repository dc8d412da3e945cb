namespace Heartwood.Tensors.Backends;

/// <summary>
/// The arithmetic of one way to compute. Every method fills its last argument(s); inputs and results do not overlap unless said.
/// </summary>
interface IBackend : IProducts
{
    /// <summary>As HEARTWOOD_BACKEND names it.</summary>
    string Name { get; }

    /// <summary>y = op(x), value by value; <paramref name="p"/> and <paramref name="q"/> are the op's constants. y may be x.</summary>
    void Map(Unary op, ReadOnlySpan<float> x, Span<float> y, float p = 0, float q = 0);

    /// <summary>y = g · op′(x).</summary>
    void MapSlope(Unary op, ReadOnlySpan<float> x, ReadOnlySpan<float> g, Span<float> y, float p = 0, float q = 0);

    /// <summary>y = op(a, b), broadcast as the walk says; y may be an operand of its shape.</summary>
    void Zip(Binary op, ReadOnlySpan<float> a, ReadOnlySpan<float> b, Span<float> y, Walk walk);

    /// <summary>y[outer inner] = sum over count of x[outer count inner].</summary>
    void Sum(ReadOnlySpan<float> x, int outer, int count, int inner, Span<float> y);

    /// <summary>Σ x².</summary>
    double SumOfSquares(ReadOnlySpan<float> x);

    /// <summary>y[index width] = the named rows of table[row width].</summary>
    void Rows(ReadOnlySpan<float> table, ReadOnlySpan<int> indices, int width, Span<float> y);

    /// <summary>
    /// The gradient of <see cref="Rows"/>: dTable[row] = the sum of g over the indices that name the row, in their order.
    /// </summary>
    void RowsSlope(ReadOnlySpan<float> g, ReadOnlySpan<int> indices, int width, Span<float> dTable);

    /// <summary>
    /// c[rows columns] = activation(a · b + bias) with a b that is used once, as it is stored: [inner columns], or [columns inner] if
    /// turned; a is [rows inner], or stored [inner rows] if transposed; bias may be empty, the activation absent.
    /// </summary>
    void MatMulOnce(
        ReadOnlySpan<float> a, int rows, int inner, bool transposed, ReadOnlySpan<float> b, int columns, bool turned,
        ReadOnlySpan<float> bias, Unary? activation, Span<float> c);

    /// <summary>
    /// Products with frozen weights in bf16: both sides rounded, sums in float32; always the same object, for packed weights are kept for
    /// it. Null where the backend has float32 alone.
    /// </summary>
    IProducts? Bf16 => null;

    /// <summary>Softmax of each row of x[rows width]; its logarithm if asked.</summary>
    void Softmax(ReadOnlySpan<float> x, int rows, int width, bool logarithm, Span<float> y);

    /// <summary>The gradient of <see cref="Softmax"/> from its result.</summary>
    void SoftmaxSlope(ReadOnlySpan<float> y, ReadOnlySpan<float> g, int rows, int width, bool logarithm, Span<float> dx);

    /// <summary>
    /// losses[row] = ln Σ e^x − x[label] for each row of x[rows width]; statistics[rows 2], unless empty, keep what the gradient needs.
    /// </summary>
    void CrossEntropy(ReadOnlySpan<float> x, ReadOnlySpan<int> labels, int width, Span<float> losses, Span<float> statistics);

    /// <summary>The gradient of the losses' sum times factor: (softmax(x) − [column is label]) · factor.</summary>
    void CrossEntropySlope(
        ReadOnlySpan<float> x, ReadOnlySpan<int> labels, ReadOnlySpan<float> statistics, float factor, int width, Span<float> dx);

    /// <summary>y = (x − mean) / √(variance + epsilon) · gain + shift per row; statistics[rows 2] keeps mean and 1/√.</summary>
    void LayerNorm(
        ReadOnlySpan<float> x, ReadOnlySpan<float> gain, ReadOnlySpan<float> shift, int rows, int width, float epsilon, Span<float> y,
        Span<float> statistics);

    /// <summary>The gradients of <see cref="LayerNorm"/>; dGain and dShift are empty where they are not needed.</summary>
    void LayerNormSlope(
        ReadOnlySpan<float> x, ReadOnlySpan<float> gain, ReadOnlySpan<float> statistics, ReadOnlySpan<float> g, int rows, int width,
        Span<float> dx, Span<float> dGain, Span<float> dShift);

    /// <summary>y = x / √(mean x² + epsilon) · gain per row; statistics[rows] keeps 1/√.</summary>
    void RmsNorm(
        ReadOnlySpan<float> x, ReadOnlySpan<float> gain, int rows, int width, float epsilon, Span<float> y, Span<float> statistics);

    /// <summary>The gradients of <see cref="RmsNorm"/>; dGain is empty where it is not needed.</summary>
    void RmsNormSlope(
        ReadOnlySpan<float> x, ReadOnlySpan<float> gain, ReadOnlySpan<float> statistics, ReadOnlySpan<float> g, int rows, int width,
        Span<float> dx, Span<float> dGain);

    /// <summary>
    /// Each row's heads turned by the angles of its position: turns[position turned] holds their cosines, then their sines; value d of a
    /// head pairs with value d + turned / 2, those from turned on stay what they are. Back: by the angles' negatives.
    /// </summary>
    void Rotate(
        ReadOnlySpan<float> x, ReadOnlySpan<float> turns, ReadOnlySpan<int> positions, int headWidth, int turned, bool back, Span<float> y);

    /// <summary>
    /// context = softmax(q kᵀ · scale) v within each sequence and head, over the keys that the plan lets a query see, the scores held
    /// below the plan's cap where it has one; the statistics that the gradient needs are kept as the plan says, unless empty.
    /// </summary>
    void Attention(
        ReadOnlySpan<float> q, ReadOnlySpan<float> k, ReadOnlySpan<float> v, AttentionPlan plan,
        Span<float> context, Span<float> statistics);

    /// <summary>The gradients of <see cref="Attention"/>.</summary>
    void AttentionSlope(
        ReadOnlySpan<float> q, ReadOnlySpan<float> k, ReadOnlySpan<float> v, ReadOnlySpan<float> statistics, ReadOnlySpan<float> g,
        AttentionPlan plan, Span<float> dq, Span<float> dk, Span<float> dv);

    /// <summary>
    /// y = mask · x + (1 − mask) · ablation for each row's parts, side by side: mask [part], ablation [part partWidth]. Exactly x where the
    /// mask is 1, exactly the ablation where it is 0.
    /// </summary>
    void Mix(ReadOnlySpan<float> x, ReadOnlySpan<float> mask, ReadOnlySpan<float> ablation, int rows, Span<float> y);

    /// <summary>dx = mask · g; dMask[part] = Σ g · (x − ablation) over rows and the part's width. Either may be empty.</summary>
    void MixSlope(
        ReadOnlySpan<float> x, ReadOnlySpan<float> mask, ReadOnlySpan<float> ablation, ReadOnlySpan<float> g, int rows, Span<float> dx,
        Span<float> dMask);

    /// <summary>
    /// y = x · 0 where the value's number (<see cref="DropoutNumbers.IndexFor"/>, counted from <paramref name="first"/>) is less than the
    /// share, else x / (1 − share); NaN stays NaN.
    /// </summary>
    void Dropout(ReadOnlySpan<float> x, Chance chance, long first, float share, Span<float> y);

    /// <summary>One step of AdamW, in place, on a weight and its two moments.</summary>
    void AdamW(Span<float> weight, ReadOnlySpan<float> gradient, Span<float> mean, Span<float> square, AdamStep step);
}

/// <summary>Matrix products, whose right side is packed first, and used more than once.</summary>
interface IProducts
{
    /// <summary>How many floats <see cref="Pack"/> fills.</summary>
    int PackedCount(int inner, int columns);

    /// <summary>Arranges a matrix b[inner columns] (or its transpose, stored [columns inner]) for <see cref="MatMul"/>.</summary>
    void Pack(ReadOnlySpan<float> b, int inner, int columns, bool turned, Span<float> packed);

    /// <summary>c[rows columns] = activation(a · b + bias); a is [rows inner]; bias may be empty, the activation absent.</summary>
    void MatMul(
        ReadOnlySpan<float> a, int rows, int inner, ReadOnlySpan<float> packed, int columns, ReadOnlySpan<float> bias, Unary? activation,
        Span<float> c);
}

/// <summary>Functions of one number.</summary>
enum Unary { Affine, Clamp, Exp, Log, Sqrt, Abs, Sigmoid, Tanh, Relu, GeluErf, GeluTanh, Silu }

/// <summary>Functions of two numbers.</summary>
enum Binary { Add, Subtract, Multiply, Divide }

/// <summary>The constants of one AdamW step (Loshchilov and Hutter 2019, algorithm 2).</summary>
/// <param name="Rate">learning rate of this step</param>
/// <param name="MeanDecay">β1</param>
/// <param name="SquareDecay">β2</param>
/// <param name="Epsilon">ε, added to the root</param>
/// <param name="WeightDecay">λ, multiplied by the learning rate</param>
/// <param name="MeanScale">1 / (1 − β1^t)</param>
/// <param name="SquareScale">1 / (1 − β2^t)</param>
/// <param name="GradientScale">factor on the gradient (clipping; −1 ascends)</param>
readonly record struct AdamStep(
    float Rate, float MeanDecay, float SquareDecay, float Epsilon, float WeightDecay, float MeanScale, float SquareScale,
    float GradientScale);
