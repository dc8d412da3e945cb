namespace Heartwood.Lab.Training;

/// <summary>How a model is trained.</summary>
/// <param name="Seed">seed of shuffling, dropout and fresh weights</param>
/// <param name="Epochs">passes over the examples; ignored where <paramref name="Steps"/> is above 0</param>
/// <param name="Steps">number of steps, 0 to count epochs</param>
/// <param name="TokensPerBatch">most tokens in a batch</param>
/// <param name="LearningRate">highest learning rate</param>
/// <param name="Warmup">share of the steps in which the rate rises, 0 to 1</param>
/// <param name="FinalRate">rate at the end, as a share of the highest</param>
/// <param name="WeightDecay">AdamW's decay, on matrices only (not on biases, norms)</param>
/// <param name="SquareDecay">AdamW's β2</param>
/// <param name="Clip">largest norm of the gradient</param>
/// <param name="Dropout">probability that a value of the residual stream is dropped, 0 to 1 exclusive</param>
public sealed record TrainingOptions(
    ulong Seed = 1, double Epochs = 3, int Steps = 0, int TokensPerBatch = 1024, double LearningRate = 5e-5, double Warmup = 0.1,
    double FinalRate = 0, double WeightDecay = 0.01, double SquareDecay = 0.999, double Clip = 1, double Dropout = 0);

/// <summary>What one step of training did.</summary>
/// <param name="Step">the step, from 1</param>
/// <param name="Loss">mean of the objective over the batch: cross entropy in nats per example (of text per token), of scores the mean
/// squared error</param>
/// <param name="Accuracy">share of the batch answered right, before the step; NaN for scores and text</param>
/// <param name="Rate">learning rate</param>
/// <param name="GradientNorm">norm of the gradient before clipping</param>
/// <param name="Tokens">tokens in the batch</param>
public sealed record TrainingLine(int Step, double Loss, double Accuracy, double Rate, double GradientNorm, int Tokens);
