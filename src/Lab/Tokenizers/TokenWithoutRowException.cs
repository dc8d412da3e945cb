namespace Heartwood.Lab.Tokenizers;

/// <summary>A text has a token that the model's embeddings have no row for: a tokenizer may have a few words more than its model.</summary>
/// <param name="message">which text, which token, how many rows there are, and what to do</param>
/// <param name="inner">the same without the name of the file</param>
public sealed class TokenWithoutRowException(string message, Exception? inner = null) : IOException(message, inner);
